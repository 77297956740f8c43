import JSONText
import Vault
package import VaultCrypto

/// One import: what was found under a path, verified and ready to be read.
package struct ImportJob: Sendable {
    /// The kinds of export that were found, as words for a person.
    package let formatName: String
    /// The same for programs, in the order of `ImportFormat`.
    package let formats: [ImportFormat]
    /// Bytes that `run` reads, after unpacking.
    package let sizeBytes: Int64
    /// Files of a folder or zip that no importer takes, for the report; at most a thousand names.
    package let passedOver: [String]
    /// Members of a file, beside the list of conversations in it, that no importer takes.
    package let unreadMembers: [String]
    /// Files beside a ChatGPT export that no message asked for: known when `run` has ended.
    package var unreferenced: [String] { assets.unused }
    /// How many there are.
    package let passedOverCount: Int
    private let units: [ImportUnit]
    private let faults: [SkippedRecord]
    private let assets: AssetIndex

    /// Finds out what a path holds and verifies it: frames of JSON files to their ends, sizes and
    /// checksums of zips, the ends of gzip files.
    ///
    /// - Parameters:
    ///   - path: A file, a zip or gzip file, or a folder of such.
    ///   - format: An `ImportFormat`'s raw value, to leave nothing to detection.
    /// - Returns: The job; nothing of it has been emitted.
    /// - Throws: `.badInput` when nothing is recognised or a container is broken; `.inputOutput`.
    package static func open(
        _ path: String, format: String? = nil
    ) throws(VaultError) -> ImportJob {
        var wanted: ImportFormat?
        if let format {
            wanted = ImportFormat(rawValue: format)
            if wanted == nil {
                let known = ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw VaultError(.badInput, "There is no format “\(format)”; use one of \(known).")
            }
        }
        var survey = try ImportSurvey(try ExportFolder(path), format: wanted)
        if let neighbour = Pairing.neighbour(of: survey.units, at: path) {
            try survey.add(try ExportFolder(neighbour))
        }
        return try ImportJob(survey, path: path)
    }

    private init(_ survey: ImportSurvey, path: String) throws(VaultError) {
        units = Pairing.pair(survey.units)
        faults = survey.faults
        passedOver = survey.passedOver
        passedOverCount = survey.passedOverCount
        unreadMembers = survey.unreadMembers
        assets = AssetIndex(survey.assets)
        let found = Set(units.map(\.format))
        formats = ImportFormat.allCases.filter(found.contains)
        formatName = formats.map(\.name).joined(separator: ", ")
        sizeBytes = units.reduce(0) { $0 + $1.sizeBytes }
        if units.isEmpty { throw survey.nothingFound(path) }
    }

    /// Reads everything; each conversation is complete when it is emitted.
    ///
    /// - Parameters:
    ///   - progress: Called now and then with the bytes read so far, of `sizeBytes`.
    ///   - body: Takes conversations and skipped records; what it throws ends the run.
    /// - Throws: What `body` throws; `.badInput` or `.inputOutput` when a file changed since
    ///   `open`.
    package func run(
        progress: (Int64) -> Void, _ body: (ImportEvent) throws(VaultError) -> Void
    ) throws(VaultError) {
        for fault in faults { try body(.skipped(fault)) }
        var done: Int64 = 0
        for unit in units {
            let context = ImportContext(
                assets: assets, companions: unit.companions, audits: unit.audits)
            if unit.format == .llm {
                let start = done
                let database = try LLMDatabase(unit.file)
                try database.run(
                    progress: { progress(start + Int64($0 * Double(unit.sizeBytes))) }, body)
            } else if let importer = Importers.importer(for: unit.format) {
                let stream = try DocumentStream(unit.file)
                let start = done
                try importer.read(stream, context) { (event) throws(VaultError) in
                    try body(event)
                    progress(start + stream.offset)
                }
            }
            done += unit.sizeBytes
            progress(done)
        }
    }
}

/// One document of a job with the files that belong to it.
struct ImportUnit: Sendable {
    var format: ImportFormat
    var file: ExportFile
    var companions: [ExportFile] = []
    var audits: [ExportFile] = []
    /// What pairing asks of the record by which the document was recognised (`Pairing.sample`).
    var sample: JSON?

    var sizeBytes: Int64 { (companions + audits).reduce(file.sizeBytes) { $0 + $1.sizeBytes } }
}
