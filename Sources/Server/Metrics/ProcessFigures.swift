internal import Glibc

/// What the system says of this process.
package struct ProcessFigures: Sendable {
    package var residentBytes: Int?
    package var virtualBytes: Int?
    package var openDescriptors: Int?
    package var maximumDescriptors: Int?
    package var threads: Int?
    package var processorSeconds: Double?

    package init() {}

    /// What it says now.
    package static func current() -> ProcessFigures {
        var figures = ProcessFigures()
        let memory = words(of: "/proc/self/statm").compactMap { Int($0) }
        if memory.count > 1 {
            figures.virtualBytes = memory[0] * sysconf(Int32(_SC_PAGESIZE))
            figures.residentBytes = memory[1] * sysconf(Int32(_SC_PAGESIZE))
        }
        // One is that of the folder itself.
        figures.openDescriptors = entries(of: "/proc/self/fd").map { $0 - 1 }
        figures.threads = entries(of: "/proc/self/task")
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.maximumDescriptors = Int(clamping: limit.rlim_cur)
        }
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            figures.processorSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        return figures
    }

    private static func words(of path: String) -> [Substring] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let text = [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
            count = max(read(descriptor, buffer.baseAddress, buffer.count), 0)
        }
        return String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }

    private static func entries(of folder: String) -> Int? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) { if entry.pointee.d_name.0 != 46 { count += 1 } }
        return count
    }
}
