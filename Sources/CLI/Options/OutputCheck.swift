import ArgumentParser
import Recorder

/// Whether what a command is to write may be written.
enum OutputCheck {
    /// Refuses a file that is read as well, whatever it is called, and what is none.
    ///
    /// `inputs`: what is read, each behind what it is called.
    static func check(_ output: String, inputs: [(name: String, path: String)]) throws {
        if output == "-" {
            throw ValidationError("-o - is no file: give the name of one (./- for a file of that very name)")
        }
        guard let identity = FileIdentity(path: output) else { return }
        for (name, path) in inputs where FileIdentity(path: path == "-" ? "/dev/stdin" : path) == identity {
            let same = path == output ? "" : ", the same file as \(path == "-" ? "stdin" : path),"
            throw ValidationError("-o \(output)\(same) is \(name), and would be lost: name another file")
        }
    }
}
