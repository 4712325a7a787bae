import Testing

@testable import Replay

@Suite("Identifiers are told from words")
struct IdentifierShapeTests {
    private static func isIdentifier(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { IdentifierShape.isIdentifier($0) }
    }

    private static func mayStand(_ actual: String, for recorded: String) -> Bool {
        Array(actual.utf8).withUnsafeBytes { now in
            Array(recorded.utf8).withUnsafeBytes { IdentifierShape.mayStand(now, for: $0) }
        }
    }

    @Test(
        "numbers of four digits and texts that nobody writes by hand are identifiers",
        arguments: [
            "1042", "48213", "1795397112", "1795397112-0", "order-48213", "a1b2c3", "9f86d081", "room48213",
            "3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c", "LWu4A6W8Vn5Tp-VGqHqusoIa4VfszR_N", "/rooms/48213/join",
            "aGVsbG8gd29ybGQxMjM=", "bcdfghjkl", "UkogYcBo3fPcvMNupLwNv-OhKEtTVCX_", "UkogYcBofPcvMNupLwNv-OhKEtTVCX_",
        ])
    func identifiers(text: String) { #expect(Self.isIdentifier(text)) }

    @Test(
        "words, small numbers, versions and short texts are none",
        arguments: [
            "", "7", "999", "message", "updatedAt", "getUserByName", "hello-world", "sha256", "guest12", "strengths",
            "base64url", "v1.2.3", "a1b2", "Fußgängerzone", "AccountVersion2Beta", "getUserById2Name",
            "getUserByNameAndId", "parseHTTPToJSONData", "EUR", "true",
        ])
    func words(text: String) { #expect(!Self.isIdentifier(text)) }

    @Test(
        "another of the same kind and shape may stand for one",
        arguments: [
            ("48213", "9999"), ("1795397112-0", "1795399999-12"), ("9f86d081", "00c0ffee"), ("12345678", "9abcdef0"),
            ("order-48213", "order-51544"), ("room48213", "room1000"), ("/rooms/48213/join", "/rooms/51544/join"),
            ("3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c", "dddddddd-dead-4bee-8f10-aaaaaaaaaaaa"),
            ("LWu4A6W8Vn5Tp-VGqHqusoIa4VfszR_N", "eBRD9ngcm5db98zgMqqgC7PRvShgJF-a"),
            ("job-failed-48213", "job-failed-51544"), ("timeout-48213", "timeout-51544"),
        ])
    func standIns(recorded: String, actual: String) { #expect(Self.mayStand(actual, for: recorded)) }

    @Test(
        "one of another kind, length or wording may not",
        arguments: [
            ("48213", "17"), ("48213", "abcde"), ("order-48213", "offer-48213"),
            ("/rooms/48213/join", "/rooms/48213/leave"),
            ("9f86d081", "9f86d0811"), ("9f86d081", "9F86D08G"), ("room48213", "hall48213"), ("a1b2c3", "A1B2C3"),
            ("0042", "42"), ("a1b2c3", "denied"), ("a1b2c3", "closed"),
            ("k3j9x8q2m4n7", "shuttingdown"), ("room-a1b2c3", "room-closed"),
            ("aB3dE5gH7jK9mN1pQ", "MaintenanceWindow"),
            ("order-48213", "order-1"), ("AB-1234", "AB-12"), ("k3j9x8q2m4n7", "unauthorized"),
            ("9f86d081", "00000000"),
            ("aB3dE5gH7jK9mN1pQ", "InvalidCredential"), ("aB3-dE5gH7jK_9mN1pQx2Z", "Error-401-Not-Allowed"),
            ("order-48213", "order-0000"), ("48213", "0000"),
            ("3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c", "00000000-0000-0000-0000-000000000000"),
            ("3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c", "none"), ("a1b2c3", ""),
        ])
    func strangers(recorded: String, actual: String) { #expect(!Self.mayStand(actual, for: recorded)) }
}
