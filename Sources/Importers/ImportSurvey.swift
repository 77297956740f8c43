import ForeignArchives
import Vault
import VaultCrypto

/// The pass before an import: which files are of which format, and whether all are whole.
struct ImportSurvey {
    private(set) var units: [ImportUnit] = []
    private(set) var faults: [SkippedRecord] = []
    private(set) var passedOver: [String] = []
    private(set) var passedOverCount = 0
    /// Members beside a wrapped array that nobody reads.
    private(set) var unreadMembers: [String] = []
    /// What is wrong with the one file that was given, when it holds no JSON.
    private var flaw: String?
    /// Files that were given to a model or made by one: not read as exports, only attached.
    private(set) var assets: [ExportFile] = []
    private var isFolder: Bool
    /// Whether the path leads to one file, not to a container of many.
    private var isAlone: Bool
    private let format: ImportFormat?
    /// Folders in which a ChatGPT export lies: what is named as an upload below one is one.
    private var uploadFolders: Set<String> = []
    /// Why the first record of an explicit file could not be read.
    private var firstFault: String?

    /// How many records of a file are looked at before it is given up.
    private static let patience = 64

    init(_ given: ExportFolder, format: ImportFormat?) throws(VaultError) {
        var folder = given
        isFolder = folder.isFolder
        isAlone = !isFolder && folder.files.count + folder.held.count == 1
        self.format = format
        try examine(&folder)
    }

    /// Adds a folder that belongs to the file that was named.
    mutating func add(_ given: ExportFolder) throws(VaultError) {
        var folder = given
        isFolder = true
        isAlone = false
        try examine(&folder)
    }

    /// Examines what is read as an export, then decides what the files are that were held back.
    private mutating func examine(_ folder: inout ExportFolder) throws(VaultError) {
        for file in folder.files { try examine(file) }
        var held = folder.takeHeld()
        while !held.isEmpty {
            for (file, depth) in held {
                if isUpload(file) {
                    try addAsset(file)
                } else {
                    for inner in try folder.open(held: file, depth: depth) { try examine(inner) }
                }
            }
            held = folder.takeHeld()
        }
        for fault in folder.faults {
            faults.append(.init(place: fault.place, reason: fault.reason, isConversation: true))
        }
    }

    private func isUpload(_ file: ExportFile) -> Bool {
        if file.isPacked { return !uploadFolders.isEmpty }
        return uploadFolders.contains { $0.isEmpty || file.path.hasPrefix($0 + "/") }
    }

    /// Reads an asset to its end, so that it is known to be whole, and looks at nothing in it.
    private mutating func addAsset(_ file: ExportFile) throws(VaultError) {
        do {
            if file.isPacked { try Self.drain(file) } else { _ = try file.open() }
            assets.append(file)
        } catch {
            guard isFolder else { throw error }
            faults.append(.init(place: file.place, reason: error.message, isConversation: false))
        }
    }

    private mutating func passOver(_ file: ExportFile) {
        passedOverCount += 1
        if passedOver.count < 1000 { passedOver.append(file.place) }
    }

    private mutating func examine(_ file: ExportFile) throws(VaultError) {
        if file.baseName == "chat.html" { uploadFolders.insert(String(file.folder)) }
        let isExport =
            file.kind == .json || file.kind == .database
            || file.kind == .other && ContentKind.isNamedForExport(file.path)
        guard isAlone || isExport else {
            if file.isPacked, !isFolder { try Self.drain(file) }
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
            try passOver(file, after: finding)
        }
    }

    /// Passes over a file in which nothing was recognised, saying what it is where that is plain.
    private mutating func passOver(
        _ file: ExportFile, after finding: Finding
    ) throws(VaultError) {
        guard finding.stream?.shape == nil else { return passOver(file) }
        let head = try file.head(1 << 16)
        if isAlone {
            flaw = ContentKind.flaw(of: head).map { "\(file.place) \($0)" }
        } else if ContentKind.isUTF16(head) {
            let reason = "It \(ContentKind.flaw(of: head) ?? "is not UTF-8.")"
            faults.append(.init(place: file.place, reason: reason, isConversation: true))
            return
        }
        passOver(file)
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
        if isAlone || file.isPacked && isExport && !isFolder { throw error }
        // Not an export but, say, JSON with comments; the container must still be whole.
        if file.isPacked, !isFolder { try Self.drain(file) }
        // Without a stream it is the container around the file that is damaged.
        let isBroken = (finding.stream?.isCutOff ?? true) && Self.isMeantForExport(file)
        if isExport || isBroken || error.code == .inputOutput {
            faults.append(.init(place: file.place, reason: error.message, isConversation: true))
        } else {
            passOver(file)
        }
    }

    /// Whether a file that broke off before its first record is worth a word.
    private static func isMeantForExport(_ file: ExportFile) -> Bool {
        if ContentKind.isNamedForExport(file.path) { return true }
        return (try? file.head(ContentKind.headBytes)).map(ContentKind.beginsWithRecord) ?? false
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
        if file.kind == .database {
            if file.diskPath == nil, !isAlone {
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
        if let format, isAlone { finding.unit = ImportUnit(format: format, file: file) }
        var seen = 0
        while finding.unit == nil, seen < Self.patience, try stream.next() {
            seen += 1
            switch stream.value() {
            case .success(let value):
                guard let importer = Importers.importer(for: value) else { continue }
                if importer.format == .chatGPT { uploadFolders.insert(String(file.folder)) }
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
        if let unit = finding.unit, case .member = stream.shape { try noteMembers(of: unit) }
    }

    /// Goes through a wrapped array once more for the members that are not read.
    private mutating func noteMembers(of unit: ImportUnit) throws(VaultError) {
        guard let importer = Importers.importer(for: unit.format) else { return }
        let stream = try DocumentStream(unit.file)
        stream.readsSiblings = true
        var siblings = SiblingArrays(importer: importer)
        while try stream.next() { _ = siblings.isRead(stream) }
        unreadMembers += (siblings.unread + stream.skippedMembers).map {
            "\(unit.file.place), member “\($0)”"
        }
    }

    /// The error for a path that holds nothing to import.
    func nothingFound(_ path: String) -> VaultError {
        let known = ImportFormat.allCases.map { "\($0.name) (\($0.summary))" }
        let understood = "Understood are: \(known.joined(separator: "; "))."
        if let fault = faults.first {
            return VaultError(.badInput, "Nothing can be imported. \(fault.place): \(fault.reason)")
        }
        if let flaw { return VaultError(.badInput, flaw) }
        if let firstFault {
            return VaultError(.badInput, "\(path) is not recognised. \(firstFault) \(understood)")
        }
        return VaultError(
            .badInput, "\(path) holds no conversations that Coffer knows. \(understood)")
    }
}
