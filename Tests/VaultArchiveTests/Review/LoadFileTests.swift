import Foundation
import Testing
import Vault
import VaultCrypto
@testable import VaultArchive

/// The load file, read back by a reader that knows its rules only.
@Suite struct LoadFileTests {
    /// The rows of a load file with their escapes undone.
    static func rows(_ bytes: [UInt8], _ encoding: String.Encoding) throws -> [[String]] {
        let text = try #require(String(data: Data(bytes), encoding: encoding))
        let plain = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
        var rows = plain.components(separatedBy: "\u{FE}\r\n")
        #expect(rows.popLast() == "")
        return rows.map { row in
            row.dropFirst().components(separatedBy: "\u{FE}\u{14}\u{FE}").map(decoded)
        }
    }

    private static func decoded(_ cell: String) -> String {
        var text = ""
        var rest = cell.replacingOccurrences(of: "\u{AE}", with: "\n").unicodeScalars[...]
        while let scalar = rest.popFirst() {
            let digits = rest.dropFirst().prefix { ("0"..."9").contains($0) }
            if scalar == "&", rest.first == "#", rest.dropFirst(1 + digits.count).first == ";",
                let code = UInt32(String(String.UnicodeScalarView(digits))),
                let found = Unicode.Scalar(code)
            {
                text.unicodeScalars.append(found)
                rest = rest.dropFirst(digits.count + 2)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static let awkward = "þ ® \u{14} &# &#254; tab\tend\nnew line\nالعربية 👩🏽‍⚖️ \u{0}x"

    @Test(arguments: [
        (ReviewOptions.TableEncoding.utf8, String.Encoding.utf8),
        (.utf16, .utf16LittleEndian),
    ])
    func `Every text comes back, whatever signs it has`(
        _ encoding: ReviewOptions.TableEncoding, _ reader: String.Encoding
    ) throws {
        let place = try TemporaryFolder()
        let result = try place.review(ReviewSamples.source, "out", encoding: encoding)
        #expect(result.replacedCharacters == 0)
        let bytes = try place.read("out/data/loadfile/export.dat")
        #expect(bytes.starts(with: encoding == .utf8 ? [0xEF, 0xBB, 0xBF] : [0xFF, 0xFE]))
        let rows = try Self.rows(bytes, reader)
        #expect(rows[0] == LoadFile.fields)
        #expect(rows.allSatisfy { $0.count == LoadFile.fields.count })
        let texts = rows.map { $0[18] }
        let found = texts.first { $0.unicodeScalars.contains("\u{0}") } ?? ""
        #expect(found.unicodeScalars.elementsEqual(found.unicodeScalars))
        #expect(found.contains("\n\n" + Self.awkward + "\n\n"))
    }

    @Test func `Windows-1252 counts what it lacks`() throws {
        let place = try TemporaryFolder()
        let result = try place.review(ReviewSamples.source, "out", encoding: .windows1252)
        let rows = try Self.rows(
            try place.read("out/data/loadfile/export.dat"), .windowsCP1252)
        let texts = rows.map { $0[18] }
        #expect(texts.contains { $0.contains("þ ® \u{14} &# &#254; tab\tend") })
        #expect(rows.contains { $0[4].contains("Räv") })
        let marks = rows.dropFirst().joined().joined().filter { $0 == "?" }.count
        let before = try place.rows(ReviewSamples.source).dropFirst().joined().joined()
        #expect(marks - before.filter { $0 == "?" }.count == result.replacedCharacters)
        #expect(result.replacedCharacters > 40)
        let readme = String(
            decoding: try place.read("out/data/loadfile/README.txt"), as: UTF8.self)
        #expect(readme.contains("written as ?: \(result.replacedCharacters)\n"))
    }

    @Test func `Rows name files that are there, with their digests and families`() throws {
        let place = try TemporaryFolder()
        let rows = try place.rows(ReviewSamples.source)
        var families: [String: Int] = [:]
        for (number, row) in rows.dropFirst().enumerated() {
            let values = Dictionary(uniqueKeysWithValues: zip(LoadFile.fields, row))
            let id = String(format: "COFFER%08d", number + 1)
            #expect(values["BEGBATES"] == id)
            #expect(id >= values["BEGATTACH"] ?? "" && id <= values["ENDATTACH"] ?? "")
            families[values["BEGATTACH"] ?? "", default: 0] += 1
            let content = try place.read("rows/\(values["NATIVEPATH"] ?? "")")
            #expect(values["SHA256HASH"] == hex(SHA256Digest.hash(content)))
            #expect(values["FILESIZE"] == String(content.count))
        }
        #expect(families.values.sorted() == [1, 1, 1, 1, 3])
        let slices = try place.files("rows").filter { $0.hasPrefix("data/rsmf/") }
        #expect(slices.count == families.count)
    }

    @Test func `The code page is that of its standard`() throws {
        for byte in UInt8.min...UInt8.max where ![0x81, 0x8D, 0x8F, 0x90, 0x9D].contains(byte) {
            let text = try #require(String(data: Data([byte]), encoding: .windowsCP1252))
            let scalar = try #require(text.unicodeScalars.first)
            #expect(Windows1252.byte(scalar) == byte)
        }
        #expect(Windows1252.byte("\u{81}") == nil)
        #expect(Windows1252.byte("重") == nil)
    }
}

extension TemporaryFolder {
    /// The rows of the load file of an export named `rows`.
    fileprivate func rows(_ source: MemorySource) throws -> [[String]] {
        try review(source, "rows")
        return try LoadFileTests.rows(read("rows/data/loadfile/export.dat"), .utf8)
    }
}
