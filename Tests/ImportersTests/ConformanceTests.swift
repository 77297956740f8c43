import Foundation
import Importers
import Testing
import Vault
import VaultCrypto

/// What every importer must do, run over the fixture of each.
@Suite struct ImporterConformance {
    @Test("a folder yields every conversation and message", arguments: FixtureCase.all)
    func folder(fixture: FixtureCase) throws {
        let outcome = try Outcome(fixture.path)
        #expect(outcome.format == fixture.format.name)
        #expect(outcome.conversations.count == fixture.conversations)
        #expect(outcome.conversations.reduce(0) { $0 + $1.messages.count } == fixture.messages)
        #expect(outcome.conversations.allSatisfy { $0.origin.source == fixture.format.rawValue })
    }

    @Test("a zip of the folder yields the same records", arguments: FixtureCase.all)
    func zip(fixture: FixtureCase) throws {
        let scratch = try Scratch()
        let folder = try Outcome(fixture.path)
        let zip = try Outcome(try scratch.zip(fixture.path))
        let unplaced = zip.dump.replacing("export.zip/", with: "")
        #expect(unplaced == folder.dump)
    }

    @Test("a format is known by content under any name", arguments: FixtureCase.files)
    func wrongName(fixture: FixtureCase) throws {
        let scratch = try Scratch()
        let bytes = try Data(contentsOf: URL(filePath: try #require(fixture.filePath)))
        let renamed = try Outcome(try scratch.write("holiday.bin", [UInt8](bytes)))
        #expect(renamed.format == fixture.format.name)
        #expect(!renamed.conversations.isEmpty)
    }

    @Test("a gzip file yields what the plain file does", arguments: FixtureCase.files)
    func gzip(fixture: FixtureCase) throws {
        let scratch = try Scratch()
        let path = try #require(fixture.filePath)
        try scratch.python(
            "import gzip,sys; open('x.gz','wb').write(gzip.compress(open(sys.argv[1],'rb').read()))",
            path)
        let packed = try Outcome(scratch.path + "/x.gz")
        let plain = try Outcome(path)
        #expect(packed.conversations.count == plain.conversations.count)
        #expect(
            packed.conversations.map { RecordDump($0).text }
                == plain.conversations.map { RecordDump($0).text })
    }

    @Test("two runs yield the same records", arguments: FixtureCase.all)
    func deterministic(fixture: FixtureCase) throws {
        #expect(try Outcome(fixture.path).dump == Outcome(fixture.path).dump)
    }

    @Test("ids are unique and parents are there", arguments: FixtureCase.all)
    func identities(fixture: FixtureCase) throws {
        let outcome = try Outcome(fixture.path)
        let ids = outcome.conversations.map(\.origin.id)
        #expect(Set(ids).count == ids.count)
        for conversation in outcome.conversations {
            let messages = Set(conversation.messages.map(\.originID))
            #expect(messages.count == conversation.messages.count)
            for message in conversation.messages {
                #expect(message.parent.map(messages.contains) ?? true)
            }
            if !conversation.messages.isEmpty {
                #expect(conversation.current.map(messages.contains) ?? true)
            }
        }
    }

    @Test("a file cut off anywhere yields no half record", arguments: FixtureCase.files)
    func truncation(fixture: FixtureCase) throws {
        let scratch = try Scratch()
        let path = try #require(fixture.filePath)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let whole = try Outcome(path)
        var texts: Set<String> = []
        for message in whole.conversations.flatMap(\.messages) {
            texts.formUnion(message.parts.compactMap(\.part.text))
        }
        let step = max(1, bytes.count / 150)
        for cut in stride(from: 0, to: bytes.count - 2, by: step) {
            let file = try scratch.write("cut", Array(bytes[..<cut]))
            do throws(VaultError) {
                let outcome = try Outcome(file)
                for message in outcome.conversations.flatMap(\.messages) {
                    #expect(message.parts.allSatisfy { $0.part.text.map(texts.contains) ?? true })
                }
                // Only line formats survive a cut; an array or object is one container.
                #expect(path.hasSuffix("l"), "\(cut) of \(bytes.count)")
            } catch {
                #expect(error.code == .badInput)
            }
        }
    }

    @Test("a flipped byte never crashes and never adds conversations", arguments: FixtureCase.files)
    func flips(fixture: FixtureCase) throws {
        let scratch = try Scratch()
        let path = try #require(fixture.filePath)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let whole = try Outcome(path).conversations.count
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<200 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var flipped = bytes
            flipped[Int(state >> 33) % bytes.count] ^= UInt8(1 << (state >> 30 & 7))
            let file = try scratch.write("flipped", flipped)
            do throws(VaultError) {
                #expect(try Outcome(file).conversations.count <= whole + 1)
            } catch {
                #expect(error.code == .badInput)
            }
        }
    }
}
