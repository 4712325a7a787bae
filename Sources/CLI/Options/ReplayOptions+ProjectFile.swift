import Replay

extension ReplayOptions {
    /// As the project file says; what a command's options say counts before it.
    init(_ project: ProjectFile?, timeout: TimeSpan?, settle: TimeSpan?) {
        self.init()
        let settings = project?.replay ?? ProjectFile.Replay()
        if let timeout = timeout ?? settings.timeout { self.timeout = timeout.duration }
        if let settle = settle ?? settings.settle { self.settle = settle.duration }
        if let pause = settings.pause { self.pause = pause.duration }
        isIndependent = settings.isIndependent == true
        speed = settings.speed?.factor
    }
}
