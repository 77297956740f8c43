import Foundation
import Testing
import Vault
import VaultArchive
import VaultCrypto

/// Exports that are split into several archives.
@Suite struct `Archives of a group` {
    private let place: TemporaryFolder

    init() throws { place = try TemporaryFolder() }

    /// So many conversations, each with one file that all of them share.
    private static func source(_ count: Int, largest: Int = 0) -> MemorySource {
        let file = Samples.reference(Samples.document, "sheet.txt", "text/plain")
        var source = MemorySource(
            conversations: (1...count).map { number in
                var builder = ConversationBuilder(number, title: "Talk \(number)")
                builder.add(.user, [Part(.text, text: "Look"), Part(.document, attachment: file)])
                let length = number == 2 ? max(largest, 20) : 20
                builder.add(.assistant, String(repeating: "word ", count: length))
                return builder.archived
            })
        source.attachments[file.sha256] = Samples.document
        return source
    }

    @discardableResult
    private func split(
        _ source: MemorySource, _ name: String, _ sizeBytes: Int64,
        hooks: ArchiveExport.Hooks = .init(),
        change: (inout ArchiveExport.Request) -> Void = { _ in },
        onNamed: @escaping (Int) -> Void = { _ in }
    ) throws -> [ArchiveExport.Result] {
        var request = place.request(name)
        change(&request)
        var next = 200
        var splitting = GroupExport.Split(sizeBytes: sizeBytes) {
            next += 1
            return testID(next)
        }
        splitting.onNamed = onNamed
        return try GroupExport.run(
            { (part) throws(VaultError) in
                var source = source
                if let part {
                    source.conversations.removeAll { !part.contains($0.conversation.id) }
                }
                return source
            }, request, splitting, hooks: hooks)
    }

    private func judge(_ names: [String]) throws -> GroupJudgement {
        GroupJudgement(try names.map { (name: $0, result: try place.verify($0)) })
    }

    private var visible: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() }
    }

    @Test(arguments: ["all", "all.tar", "all.tar.zst"])
    func `A selection is split between conversations, and each archive is whole`(
        name: String
    ) throws {
        let made = try split(Self.source(9), name, 130_000)
        #expect(made.count == 3)
        let ending = name.dropFirst(3)
        let names = (1...3).map { "all-00\($0)-of-003\(ending)" }
        #expect(try visible == names)
        #expect(made.map(\.archive) == names.map { "\(place.path)/\($0)" })
        for (number, result) in made.enumerated() {
            let found = try place.verify(names[number])
            #expect(found.faults.isEmpty)
            #expect(result.payloadBytes <= 130_000)
            #expect(found.conversations == result.conversations)
            #expect(found.member?.group.place == "\(number + 1) of 3")
            #expect(found.bag?.hasSuffix("-00\(number + 1)-of-003") == true)
        }
        #expect(made.reduce(0) { $0 + $1.conversations } == 9)
        let judgement = try judge(names)
        #expect(judgement.faults.isEmpty)
        #expect(judgement.group?.id == testID(99))
        #expect(judgement.group?.conversations == 9)
        #expect(judgement.group?.messages == 18)
    }

    @Test func `A conversation that is larger has an archive of its own`() throws {
        let made = try split(Self.source(4, largest: 60_000), "all", 150_000)
        #expect(made.map(\.conversations) == [1, 1, 2])
        #expect(made[1].payloadBytes > 150_000)
        #expect(
            try judge(made.map { String($0.archive.dropFirst(place.path.count + 1)) }).faults
                .isEmpty)
    }

    @Test func `What fits into one archive is one, of no group`() throws {
        let made = try split(Self.source(3), "all.tar", 10_000_000)
        #expect(made.count == 1)
        #expect(try visible == ["all.tar"])
        let found = try place.verify("all.tar")
        #expect(found.faults.isEmpty)
        #expect(found.member == nil)
    }

    @Test func `BagIt's own words say which one it is`() throws {
        try split(Self.source(5), "all", 130_000)
        let info = String(
            decoding: try place.read("all-002-of-002/bag-info.txt"), as: UTF8.self)
        #expect(info.contains("Bag-Group-Identifier: \(testID(99))\nBag-Count: 2 of 2\n"))
        let readme = String(
            decoding: try place.read("all-002-of-002/README.txt"), as: UTF8.self)
        #expect(readme.contains("archive 2 of 2 of one export"))
    }

    @Test func `The first page says which one it is and where the others are`() throws {
        try split(Self.source(9), "all", 130_000)
        func page(_ name: String) throws -> String {
            String(decoding: try place.read("\(name)/index.html"), as: UTF8.self)
        }
        let second = try page("all-002-of-003")
        #expect(
            second.contains(
                "archive 2 of 3 of one export, which has 9 conversations and 18 messages in all; "
                    + "group \(testID(99))"))
        #expect(second.contains("in the other 2 archives of the group. They were written"))
        #expect(second.contains("names that end in -001-of-003 and -003-of-003 before the ending"))
        try split(Self.source(5), "two", 130_000)
        #expect(
            try page("two-001-of-002").contains(
                "in the other archive of the group. It was written beside this one, with a name "
                    + "that ends in -002-of-002"))
        try split(Self.source(1), "single", 130_000)
        #expect(!(try page("single").contains("of the group")))
    }

    /// What a process that is killed between two names leaves is what stands on the disk then.
    @Test(arguments: ["all", "all.tar"])
    func `Whenever it is killed, what has its name is whole, and so is the rest`(
        name: String
    ) throws {
        let states = try TemporaryFolder()
        let manager = FileManager.default
        try split(
            Self.source(9), name, 130_000,
            onNamed: { count in
                try? manager.copyItem(atPath: place.path, toPath: "\(states.path)/\(count)")
            })
        let names = (1...3).map { "all-00\($0)-of-003\(name.dropFirst(3))" }
        for count in 1...3 {
            let found = try manager.contentsOfDirectory(atPath: "\(states.path)/\(count)")
            #expect(found.filter { !$0.hasPrefix(".") }.sorted() == names.prefix(count).sorted())
            let hidden = try #require(found.first { $0.hasPrefix(".\(name).partial-") })
            for (place, name) in names.enumerated() {
                let path = place < count ? "\(count)/\(name)" : "\(count)/\(hidden)/\(name)"
                let result = try states.verify(path)
                #expect(result.faults == [], "\(path)")
                #expect(result.member?.group.place == "\(place + 1) of 3")
            }
            let some = try names.prefix(count).map {
                (name: $0, result: try states.verify("\(count)/\($0)"))
            }
            #expect(GroupJudgement(some).faults.count == 3 - count)
        }
        #expect(try visible == names)
    }

    @Test func `Each archive of an encrypted group has the recipients, the files and the masks`()
        throws
    {
        let identity = AgeIdentity.generate()
        let recipient = try AgeAddressee(identity.recipient.description)
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.listed = ["Look"]
        var source = Self.source(9)
        source.conversations[8].conversation.title = "Look here"
        var request = place.request("all.tar.zst.age")
        request.encryption = .recipients([recipient])
        request.redaction = RedactionNote(subject: "Ada Lindqvist")
        request.review.formats = [.rsmf, .dat]
        let made = try GroupExport.run(
            { (part) throws(VaultError) in
                var source = source
                if let part {
                    source.conversations.removeAll { !part.contains($0.conversation.id) }
                }
                return try RedactedSource(source, mask: mask, waitingIn: place.path)
            }, request, .init(sizeBytes: 150_000, nextID: { RecordID(at: testTime(5)) }))
        #expect(made.count > 1)
        var archives: [(name: String, result: ArchiveVerifier.Result)] = []
        for result in made {
            let found = try ArchiveVerifier.verify(result.archive, key: .identities([identity]))
            #expect(found.faults == [])
            #expect(found.withheld?.parts == result.conversations)
            #expect(result.fileDigest?.count == 32)
            #expect(result.payloadBytes <= 150_000)
            #expect(throws: VaultError.self) { try ArchiveVerifier.verify(result.archive) }
            archives.append((result.archive, found))
        }
        let judgement = GroupJudgement(archives)
        #expect(judgement.faults == [])
        #expect(judgement.group?.conversations == 9)
        #expect(try visible == made.map { String($0.archive.dropFirst(place.path.count + 1)) })
    }

    @Test func `What is missing, twice or foreign is named`() throws {
        try split(Self.source(9), "all", 130_000)
        try split(Self.source(9), "more", 130_000) { $0.bag = testID(98) }
        try split(Self.source(1), "single", 130_000)
        let names = (1...3).map { "all-00\($0)-of-003" }
        func faults(_ names: [String]) throws -> [ArchiveFault] { try judge(names).faults }
        #expect(
            try faults([names[0], names[2]]) == [
                ArchiveFault(path: "", fault: "archive 2 of 3 is missing")
            ])
        #expect(
            try faults(names + [names[1]]) == [
                ArchiveFault(
                    path: names[1], fault: "it is archive 2 of 3, and so is \(names[1])")
            ])
        #expect(
            try faults(names + ["more-001-of-003"]) == [
                ArchiveFault(
                    path: "more-001-of-003", fault: "it is of another group than \(names[0])")
            ])
        #expect(
            try faults(names + ["single"]) == [
                ArchiveFault(path: "single", fault: "it is of no group; verify it by itself")
            ])
    }

    @Test func `A conversation in two archives, and sums that are others, are named`() throws {
        let source = Self.source(2)
        var first = source
        first.conversations.removeLast()
        func group(_ number: Int, of conversations: Int) -> ArchiveGroup {
            ArchiveGroup(
                id: testID(50), number: number, count: 2, conversations: conversations, messages: 4)
        }
        try place.export(first, "a") { $0.group = group(1, of: 2) }
        try place.export(source, "b") { $0.group = group(2, of: 2) }
        #expect(
            try judge(["a", "b"]).faults == [
                ArchiveFault(path: "b", fault: "1 conversation of it is in another one too")
            ])
        try place.export(first, "c") { $0.group = group(1, of: 3) }
        var second = source
        second.conversations.removeFirst()
        try place.export(second, "d") { $0.group = group(2, of: 3) }
        #expect(
            try judge(["c", "d"]).faults == [
                ArchiveFault(
                    path: "",
                    fault: "together they have 2 conversations and 4 messages, and each says that "
                        + "there are 3 and 4")
            ])
    }

    @Test func `Another signer is not of the group`() throws {
        try split(Self.source(9), "all", 130_000)
        var stranger = Self.source(9)
        stranger.keySeed = 9
        try split(stranger, "other", 130_000)
        let faults = try judge([
            "all-001-of-003", "other-002-of-003", "all-003-of-003",
        ]).faults
        #expect(faults.map(\.path) == ["other-002-of-003"])
    }

    @Test(arguments: [1, 6, 10])
    func `A stop in the middle leaves nothing`(calls: Int) throws {
        var asked = 0
        let hooks = ArchiveExport.Hooks(isCancelled: {
            asked += 1
            return asked > calls
        })
        #expect(throws: VaultError.self) {
            try split(Self.source(9), "all.tar", 130_000, hooks: hooks)
        }
        #expect(try visible.isEmpty)
    }

    @Test func `Where one of the names is taken, nothing is written`() throws {
        try place.write("all-002-of-003.tar", "mine")
        #expect {
            try split(Self.source(9), "all.tar", 130_000)
        } throws: {
            ($0 as? VaultError)?.code == .exists
        }
        #expect(try visible == ["all-002-of-003.tar"])
        #expect(try place.read("all-002-of-003.tar") == Array("mine".utf8))
    }

    @Test func `A group in the list of files that bag-info.txt does not have is a fault`() throws {
        try split(Self.source(5), "all", 130_000)
        let path = "all-001-of-002/bag-info.txt"
        let info = String(decoding: try place.read(path), as: UTF8.self)
        try place.write(path, info.replacing("Bag-Count: 1 of 2", with: "Bag-Count: 1 of 1"))
        try place.reseal("all-001-of-002")
        #expect(try place.verify("all-001-of-002").faults.map(\.path).contains("bag-info.txt"))
    }
}
