internal import CSpawn
@preconcurrency internal import Glibc

/// Starts programs with posix_spawn(3), which is safe with other threads around: nothing of this process runs in between.
package enum ProcessSpawn {
    /// Starts `/bin/sh -c command` as the leader of a session and process group of its own, with no signal ignored or
    /// blocked, stdin from `input`, stdout to `output` and stderr to `errors` (nil: /dev/null), and no other descriptor.
    /// Gives the errno on failure.
    package static func shell(
        _ command: String, input: Int32? = nil, output: Int32?, errors: Int32?, environment: [String: String],
        workingFolder: String?
    ) -> Result<Int32, SpawnFailure> {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var number: Int32 = 0
        for (descriptor, source) in [(Int32(0), input), (1, output), (2, errors)] where number == 0 {
            number =
                if let source {
                    posix_spawn_file_actions_adddup2(&actions, source, descriptor)
                } else {
                    posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
                }
        }
        // Also those that some library opened without close-on-exec.
        if number == 0 { number = posix_spawn_file_actions_addclosefrom_np(&actions, 3) }
        if number == 0, let workingFolder {
            number = posix_spawn_file_actions_addchdir_np(&actions, workingFolder)
        }
        if number == 0 { number = setAttributes(&attributes) }
        guard number == 0 else { return .failure(SpawnFailure(number: number)) }
        var process: pid_t = 0
        withStrings(["/bin/sh", "-c", command]) { arguments in
            withStrings(variables(with: environment)) { variables in
                number = posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, variables)
            }
        }
        return number == 0 ? .success(process) : .failure(SpawnFailure(number: number))
    }

    private static func setAttributes(_ attributes: inout posix_spawnattr_t) -> Int32 {
        // POSIX_SPAWN_SETSID of spawn.h, which hides it without _GNU_SOURCE.
        let newSession: Int32 = 0x80
        let flags = newSession | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        var number = posix_spawnattr_setsigdefault(&attributes, &all)
        if number == 0 { number = posix_spawnattr_setsigmask(&attributes, &none) }
        if number == 0 { number = posix_spawnattr_setflags(&attributes, Int16(flags)) }
        return number
    }

    /// This process's variables, those given in place of ones of the same name.
    private static func variables(with extra: [String: String]) -> [String] {
        var variables = extra.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        // Null in a program that has cleared it.
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let pointer = next, let text = pointer.pointee {
            let variable = String(cString: text)
            if extra[String(variable.prefix { $0 != "=" })] == nil { variables.append(variable) }
            next = pointer + 1
        }
        return variables
    }

    /// The strings as C has them, with a null pointer behind the last.
    private static func withStrings(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Void
    ) {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        body(&pointers)
    }
}

/// Why a program did not start.
package struct SpawnFailure: Error {
    /// The system's error number.
    package var number: Int32
}
