extension Int {
    /// So many of something, as a person says it: `1 session`, `2 sessions`.
    package func counting(_ noun: String, plural: String? = nil) -> String {
        self == 1 ? "1 \(noun)" : "\(self) \(plural ?? noun + "s")"
    }
}
