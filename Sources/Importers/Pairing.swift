import Foundation
import JSONText
import Vault

/// Joins documents that are halves of one record.
enum Pairing {
    /// A Claude Desktop session takes its transcript, a Jan thread its messages.
    static func pair(_ units: [ImportUnit]) -> [ImportUnit] {
        var units = units
        var taken: Set<String> = []
        for index in units.indices {
            guard let sample = units[index].sample else { continue }
            let file = units[index].file
            switch units[index].format {
            case .cowork where !Cowork.isAudit(sample):
                for audit in audits(of: file, in: units)
                where taken.insert(units[audit].file.place).inserted {
                    units[index].audits.append(units[audit].file)
                }
                if let partner = transcript(of: sample, near: file, in: units),
                    taken.insert(units[partner].file.place).inserted
                {
                    units[index].companions = [units[partner].file]
                }
            case .jan where Jan.isThread(sample):
                let partner = units.first { other in
                    other.format == .jan && other.sample?["thread_id"] == sample["id"]
                        && other.sample.map(Jan.isThread) == false
                        && other.file.folder == file.folder
                }
                if let partner, taken.insert(partner.file.place).inserted {
                    units[index].companions = [partner.file]
                }
            default: break
            }
        }
        for index in units.indices { units[index].sample = nil }
        return units.filter { !taken.contains($0.file.place) }
    }

    /// What pairing asks of the record by which a document was recognised.
    ///
    /// One is kept for each document of a folder until all are surveyed, and a record can hold a
    /// picture: only the members that are asked for stay in memory.
    ///
    /// - Returns: `nil` for a format whose documents stand alone.
    static func sample(_ record: JSON, of format: ImportFormat) -> JSON? {
        guard format == .cowork || format == .jan else { return nil }
        var sample = JSONObject()
        for key in ["cliSessionId", "id", "object", "sessionId", "session_id", "thread_id", "type"]
        {
            sample[key] = record[key].flatMap { $0.string.map(JSON.string) ?? .bool(true) }
        }
        if record["loglines"] != nil { sample["loglines"] = .bool(true) }
        return .object(sample)
    }

    /// The folder that belongs to a session's file: same path without its ending.
    private static func ownFolder(_ path: String) -> String {
        path.split(separator: ".", omittingEmptySubsequences: false).dropLast()
            .joined(separator: ".") + "/"
    }

    /// The transcript named after the session; one in the session's own folder before others.
    private static func transcript(
        of session: JSON, near file: ExportFile, in units: [ImportUnit]
    ) -> Int? {
        guard let id = session["cliSessionId"]?.string else { return nil }
        let found = units.indices.filter {
            units[$0].format == .claudeCode && units[$0].file.baseName == "\(id).jsonl"
        }
        let own = ownFolder(file.path)
        return found.first { units[$0].file.path.hasPrefix(own) } ?? found.first
    }

    /// The audit logs in a session's own folder, whatever they are called.
    private static func audits(of file: ExportFile, in units: [ImportUnit]) -> [Int] {
        let own = ownFolder(file.path)
        return units.indices.filter { index in
            units[index].format == .cowork && units[index].file.path.hasPrefix(own)
                && units[index].sample.map(Cowork.isAudit) == true
        }
    }

    /// A folder on disk that completes the one file that the user named.
    ///
    /// - Parameters:
    ///   - units: What was found in the file.
    ///   - path: The file.
    /// - Returns: The folder of a session, or that of a Jan thread; `nil` when there is none.
    static func neighbour(of units: [ImportUnit], at path: String) -> String? {
        guard units.count == 1, let unit = units.first, let sample = unit.sample,
            unit.file.diskPath == path
        else { return nil }
        let folder: String
        switch unit.format {
        case .cowork where !Cowork.isAudit(sample): folder = String(ownFolder(path).dropLast())
        default: return nil
        }
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? folder : nil
    }
}
