import Synchronization
package import VaultCrypto

/// Something wrong in a vault, and whether it was put right.
package struct VaultFault: Sendable, Hashable {
    /// The file, page, message or attachment.
    package let path: String
    /// What is wrong, and what to do when it was not repaired.
    package let fault: String
    package var isRepaired = false

    package init(path: String, fault: String, isRepaired: Bool = false) {
        self.path = path
        self.fault = fault
        self.isRepaired = isRepaired
    }
}

/// What an examination found.
package struct Examination: Sendable {
    package private(set) var faults: [VaultFault] = []
    /// How many faults there were; `faults` stops at `maximumFaults`.
    package private(set) var faultCount = 0
    package var pages: Int64 = 0
    package var messages: Int64 = 0
    package var attachments: Int64 = 0

    package static let maximumFaults = 10_000

    /// Nothing wrong is left.
    package var isClean: Bool { !faults.contains { !$0.isRepaired } && faultCount == faults.count }

    mutating func add(_ path: String, _ fault: String, isRepaired: Bool = false) {
        add(VaultFault(path: path, fault: Self.sentence(fault), isRepaired: isRepaired))
    }

    mutating func add(_ fault: VaultFault) {
        faultCount += 1
        if faults.count < Self.maximumFaults { faults.append(fault) }
    }

    /// What an error says, fit for somebody who is examining the vault already.
    package static func sentence(_ message: String) -> String {
        message.replacing("run `coffer doctor`", with: "restore the vault from a backup")
    }
}

/// What an examination is doing, for a progress line.
package struct ExaminationProgress: Sendable {
    package enum Stage: String, Sendable { case files, pages, records, attachments, index }
    package let stage: Stage
    package let done: Int64
    package let total: Int64
}

extension Vault {
    /// Examines files, pages, records, attachments and the search index.
    ///
    /// - Parameters:
    ///   - repairs: Whether to put right what can be put right without losing anything: file modes,
    ///     leftovers of our own, the key file, totals, the search index.
    ///   - progress: Called now and then; may throw to stop.
    /// - Returns: What was found. Reading goes on after a fault wherever it can.
    /// - Throws: What `progress` throws, or a failure of the disk.
    package func examine(
        repairs: Bool, progress: (ExaminationProgress) throws(VaultError) -> Void = { _ in }
    ) throws(VaultError) -> Examination {
        // Files and key are those of one generation, and slots stay as they are.
        try changes.withLock { (_) throws(VaultError) in
            try examineUnchanged(repairs: repairs, progress)
        }
    }

    private func examineUnchanged(
        repairs: Bool, _ progress: (ExaminationProgress) throws(VaultError) -> Void
    ) throws(VaultError) -> Examination {
        var examination = Examination()
        for fault in mended { examination.add(fault) }
        try progress(ExaminationProgress(stage: .files, done: 0, total: 1))
        FileExaminer(layout: layout, header: header, repairs: repairs).run(&examination)
        try store.foldLog()
        let key = state.withLock { $0.key.subkey(context: "coffer database") }
        try examination.examinePages(layout, header, key, progress)
        do {
            try RecordExaminer(vault: self, repairs: repairs).run(&examination, progress)
        } catch  where error.code == .damaged {
            examination.add("generations/\(header.generation)/vault.db", error.message)
        }
        return examination
    }
}

extension Examination {
    /// Examines the files and pages of a vault whose database does not open.
    init(
        of layout: VaultLayout, _ header: VaultHeader, vaultKey: borrowing SecretBytes,
        because error: VaultError
    ) {
        FileExaminer(layout: layout, header: header, repairs: false).run(&self)
        let before = faultCount
        let key = vaultKey.subkey(context: "coffer database")
        do {
            try examinePages(layout, header, key) { _ in }
        } catch {
            // The key was proved, so it is the file that is wrong.
            let start = "its start is damaged, so no page can be read; restore it from a backup"
            add(
                layout.relative(layout.database(header.generation)),
                error.code == .wrongKey ? start : error.message)
        }
        if faultCount == before {
            add(layout.relative(layout.database(header.generation)), error.message)
        }
    }

    fileprivate mutating func examinePages(
        _ layout: VaultLayout, _ header: VaultHeader, _ key: borrowing SecretBytes,
        _ progress: (ExaminationProgress) throws(VaultError) -> Void
    ) throws(VaultError) {
        let path = layout.database(header.generation)
        let name = layout.relative(path)
        let found: PageFaults = withoutActuallyEscaping(progress) { progress in
            PageFaults.collect(databaseAt: path, key: key) { done, total throws(VaultError) in
                try progress(ExaminationProgress(stage: .pages, done: done, total: total))
            }
        }
        pages = found.pages
        for fault in found.faults {
            add(
                fault.number > 0 ? "\(name), page \(fault.number)" : name,
                "\(fault.place) is not as it was written; restore the vault from a backup")
        }
        if let stopped = found.stopped { throw stopped }
    }
}

/// The answer of a page check.
private struct PageFaults {
    var faults: [PageEncryption.Fault] = []
    var pages: Int64 = 0
    var stopped: VaultError?

    static func collect(
        databaseAt path: String, key: borrowing SecretBytes,
        progress: @escaping (Int64, Int64) throws(VaultError) -> Void
    ) -> PageFaults {
        var found = PageFaults()
        do throws(VaultError) {
            try PageEncryption.check(
                databaseAt: path, key: key, fault: { found.faults.append($0) },
                progress: { done, total in
                    found.pages = total
                    guard found.stopped == nil else { return }
                    do throws(VaultError) {
                        try progress(done, total)
                    } catch { found.stopped = error }
                })
        } catch { found.stopped = error }
        return found
    }
}
