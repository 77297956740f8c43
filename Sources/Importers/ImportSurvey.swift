import Vault
import VaultCrypto

/// The pass before an import: which files are of which format, and whether all are whole.
struct ImportSurvey {
    private(set) var units: [ImportUnit] = []
    private(set) var faults: [SkippedRecord] = []
    private(set) var passedOver: [String] = []
    private(set) var passedOverCount = 0
    private(set) var files: [ExportFile]
    private var isFolder: Bool
    private let format: ImportFormat?
    /// Why the first record of an explicit file could not be read.
    private var firstFault: String?

    /// How many records of a file are looked at before it is given up.
    private static let patience = 64

    init(_ folder: ExportFolder, format: ImportFormat?) throws(VaultError) {
        files = folder.files
        isFolder = folder.isFolder
        self.format = format
        for fault in folder.faults {
            faults.append(.init(place: fault.place, reason: fault.reason, isConversation: true))
        }
        for file in files { try examine(file) }
    }

    /// Adds a folder that belongs to the file that was named.
    mutating func add(_ folder: ExportFolder) throws(VaultError) {
        isFolder = true
        files += folder.files
        for file in folder.files { try examine(file) }
    }

    private mutating func passOver(_ file: ExportFile) {
        passedOverCount += 1
        if passedOver.count < 1000 { passedOver.append(file.place) }
    }

    /// Whether the user named this very file, not a container of many.
    private func isExplicit(_ file: ExportFile) -> Bool { !isFolder && files.count == 1 }

    private mutating func examine(_ file: ExportFile) throws(VaultError) {
        guard isExplicit(file) || ExportFolder.mayMatter(file.path) else {
            if file.isPacked { try Self.drain(file) }
            passOver(file)
            return
        }
        var finding = Finding()
        do {
            try recognise(file, &finding)
        } catch {
            try judge(error, of: file, finding)
            return
        }
        if let unit = finding.unit {
            units.append(unit)
        } else if !finding.isReported {
            passOver(file)
        }
    }

    /// What is known of a file while it is read.
    private struct Finding {
        var unit: ImportUnit?
        var stream: DocumentStream?
        var isReported = false
    }

    /// Decides what a fault in one file means for the import.
    private mutating func judge(
        _ error: VaultError, of file: ExportFile, _ finding: Finding
    ) throws(VaultError) {
        let isExport = finding.unit != nil
        if isExplicit(file) || file.isPacked && isExport && !isFolder { throw error }
        // Not an export but, say, JSON with comments; the container must still be whole.
        if file.isPacked, !isFolder { try Self.drain(file) }
        if isExport || finding.stream?.isCutOff == true {
            faults.append(.init(place: file.place, reason: error.message, isConversation: true))
        } else {
            passOver(file)
        }
    }

    private static func drain(_ file: ExportFile) throws(VaultError) {
        let source = try file.open()
        var scratch = [UInt8](repeating: 0, count: 1 << 18)
        while try scratch.read(from: source, at: 0) > 0 {}
    }

    /// Sets the unit as soon as a record is recognised, then reads the file to its end.
    private mutating func recognise(
        _ file: ExportFile, _ finding: inout Finding
    ) throws(VaultError) {
        if LLMDatabase.isDatabase(try file.head(16)) {
            if file.diskPath == nil, !isExplicit(file) {
                let reason = "A database inside a container cannot be opened; unpack it first."
                faults.append(.init(place: file.place, reason: reason, isConversation: true))
                finding.isReported = true
                return try Self.drain(file)
            }
            guard try LLMDatabase(file).recognise() else { return }
            if format == nil || format == .llm {
                finding.unit = ImportUnit(format: .llm, file: file)
            }
            return
        }
        let stream = try DocumentStream(file)
        finding.stream = stream
        if stream.shape == nil {
            if file.isPacked { try stream.drain() }
            return
        }
        if let format, isExplicit(file) { finding.unit = ImportUnit(format: format, file: file) }
        var seen = 0
        while finding.unit == nil, seen < Self.patience, try stream.next() {
            seen += 1
            switch stream.value() {
            case .success(let value):
                guard let importer = Importers.importer(for: value) else { continue }
                if let format, format != importer.format { continue }
                finding.unit = ImportUnit(
                    format: importer.format, file: file,
                    sample: Pairing.sample(value, of: importer.format))
            case .failure(let fault):
                if firstFault == nil { firstFault = "\(stream.place): \(fault.reason)" }
            }
        }
        // Lines have no frame; a file that nobody reads needs none.
        if file.isPacked || finding.unit != nil && stream.shape != .lines { try stream.drain() }
    }

    /// The error for a path that holds nothing to import.
    func nothingFound(_ path: String) -> VaultError {
        let known = ImportFormat.allCases.map { "\($0.name) (\($0.summary))" }
        let understood = "Understood are: \(known.joined(separator: "; "))."
        if let fault = faults.first {
            return VaultError(.badInput, "Nothing can be imported. \(fault.place): \(fault.reason)")
        }
        if let firstFault {
            return VaultError(.badInput, "\(path) is not recognised. \(firstFault) \(understood)")
        }
        return VaultError(
            .badInput, "\(path) holds no conversations that Coffer knows. \(understood)")
    }
}
