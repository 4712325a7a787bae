internal import Glibc
internal import Processes

extension ProcessSession {
    /// The ports that the processes listen on, from the sockets that they have open.
    func listeningPorts() -> [Int] {
        var inodes: Set<String> = []
        for process in processes()?.keys.sorted() ?? [] {
            guard let folder = opendir("/proc/\(process)/fd") else { continue }
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
                var target = [CChar](repeating: 0, count: 64)
                let path = "/proc/\(process)/fd/\(String(decoding: name, as: UTF8.self))"
                let count = readlink(path, &target, target.count)
                // `socket:[12345]`
                let text = String(decoding: target.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if text.hasPrefix("socket:[") { inodes.insert(String(text.dropFirst(8).dropLast())) }
            }
        }
        return Set(ListeningTable.ports(ofSockets: inodes)).sorted()
    }
}
