/// What a capture took.
package struct CaptureSummary: Sendable, Hashable {
    /// Packets in the file.
    package var packets: Int
    /// Packets that the kernel had no room for; the file lacks them.
    package var droppedByKernel: Int
    /// Packets that the interface had no room for; the file lacks them.
    package var droppedByInterface: Int

    package init(packets: Int, droppedByKernel: Int = 0, droppedByInterface: Int = 0) {
        self.packets = packets
        self.droppedByKernel = droppedByKernel
        self.droppedByInterface = droppedByInterface
    }
}
