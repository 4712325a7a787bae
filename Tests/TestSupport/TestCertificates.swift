import Foundation

/// Certificates and keys for tests of TLS, made anew by the `openssl` program, so that none lies in the repository and none
/// expires.
package enum TestCertificates {
    /// Whether they can be made here.
    package static let canBeMade = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    /// Their folder, the same for all tests:
    ///
    /// - `ca.pem` has signed `server.pem` (for localhost and 127.0.0.1), `other.pem` (for other.example), `client.pem`, and
    ///   `expired.pem` (of the server's key);
    /// - `self.pem` (for 127.0.0.1) has signed itself;
    /// - `NAME.key` is the key of `NAME.pem`; `both.pem` holds the server's certificate and its key;
    /// - `encrypted.key` and `encrypted-old.key` are the server's key behind a password, `server.der` is no PEM.
    package static func folder() async throws -> ScratchFolder { try await made.value }

    private static let made = Task {
        let folder = try ScratchFolder()
        let script = try folder.write(text, to: "make.sh")
        let program = try RunningProgram("/bin/bash", ["-eu", script], in: folder.path)
        guard try await program.exit() == .status(0) else {
            throw RunningProgram.Overdue(description: "openssl makes no certificates:\n\(program.complaints)")
        }
        return folder
    }

    private static let text = """
        key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
        authority() { key "$1"; openssl req -x509 -new -key "$1.key" -out "$1.pem" -subj "/CN=$1" -days 30 ${2:+-addext "$2"}; }
        sign() { # NAME KEY DAYS SUBJECTALTNAME
            openssl req -new -key "$2.key" -out "$1.csr" -subj "/CN=$1"
            printf 'subjectAltName=%s' "$4" > "$1.ext"
            openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -out "$1.pem" -days "$3" -extfile "$1.ext"
        }
        authority ca
        authority self subjectAltName=IP:127.0.0.1
        for name in server other client; do key "$name"; done
        sign server server 30 DNS:localhost,IP:127.0.0.1
        sign other other 30 DNS:other.example
        sign client client 30 DNS:client
        sign expired server -1 DNS:localhost,IP:127.0.0.1
        cat server.pem server.key > both.pem
        openssl pkey -in server.key -aes256 -passout pass:secret -out encrypted.key
        openssl ec -in server.key -aes256 -passout pass:secret -out encrypted-old.key
        openssl x509 -in server.pem -outform der -out server.der
        """
}
