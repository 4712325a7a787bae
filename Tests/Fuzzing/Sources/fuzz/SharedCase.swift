import CMemory
import Glibc

/// Memory that a worker shares with its supervisor: it notes each case before it runs it, so that whatever becomes of the
/// worker, the case is known.
///
/// ```
/// byte  0        8       16          24       32         40
///       started  stop    case count  reason   peak heap  …   bytes of the reason   bytes of the case
/// ```
struct SharedCase {
    private static let reasonOffset = 64
    private static let reasonBytes = 8192
    private static let caseOffset = reasonOffset + reasonBytes
    private static let length = caseOffset + CaseBytes.maximumCount

    /// The open file behind it, which a worker inherits.
    let descriptor: Int32
    private let base: UnsafeMutableRawPointer

    /// New memory, or that of an inherited file.
    init?(inherited: Int32? = nil) {
        descriptor = inherited ?? anonymous_file()
        guard descriptor >= 0, inherited != nil || ftruncate(descriptor, off_t(Self.length)) == 0,
            let memory = mmap(nil, Self.length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            memory != MAP_FAILED
        else { return nil }
        base = memory
    }

    private func word(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        (base + index * 8).assumingMemoryBound(to: UInt64.self)
    }

    /// How many cases were begun; the last one's number is the first one's and this less one.
    var started: UInt64 {
        get { word(0).pointee }
        nonmutating set { word(0).pointee = newValue }
    }

    /// The supervisor's wish that the worker ends.
    var isStopped: Bool {
        get { word(1).pointee != 0 }
        nonmutating set { word(1).pointee = newValue ? 1 : 0 }
    }

    /// The most heap that a case took beyond the share of its length, for choosing that share.
    var highestRatio: UInt64 {
        get { word(4).pointee }
        nonmutating set { word(4).pointee = newValue }
    }

    var reason: String {
        get {
            let count = Int(word(3).pointee)
            return String(
                decoding: UnsafeRawBufferPointer(start: base + Self.reasonOffset, count: count), as: UTF8.self)
        }
        nonmutating set {
            let bytes = Array(newValue.utf8.prefix(Self.reasonBytes))
            bytes.withUnsafeBytes { source in
                if let start = source.baseAddress {
                    (base + Self.reasonOffset).copyMemory(from: start, byteCount: source.count)
                }
            }
            word(3).pointee = UInt64(bytes.count)
        }
    }

    var bytes: [UInt8] {
        get { Array(UnsafeRawBufferPointer(start: base + Self.caseOffset, count: Int(word(2).pointee))) }
        nonmutating set {
            newValue.withUnsafeBytes { source in
                if let start = source.baseAddress {
                    (base + Self.caseOffset).copyMemory(
                        from: start, byteCount: min(source.count, CaseBytes.maximumCount))
                }
            }
            word(2).pointee = UInt64(min(newValue.count, CaseBytes.maximumCount))
        }
    }
}
