package import VaultCrypto

/// Why a foreign archive, or one entry of it, is not read: one sentence each.
///
/// Of a tar, the text stands behind an entry's path and a colon; of a zip or gzip file, behind the
/// file's name, and names the entry itself.
package struct Refusal: Error, Hashable, Sendable {
    /// The sentence without its subject and its full stop.
    package let text: String

    private init(_ text: String) { self.text = text }

    /// The refusal as an error of the import.
    package func error(at place: String) -> VaultError {
        VaultError(.badInput, "\(place) \(text).")
    }

    // MARK: Zip and gzip files

    static let incomplete = Refusal("is not a complete zip file; download or copy it again")
    static let severalDisks = Refusal("is one part of a zip in several parts; join them first")
    static let severalEnds = Refusal(
        "ends in two different ways, as if a second zip were hidden in its comment, and was refused"
    )
    static let malformedDirectory = Refusal("has a malformed directory")
    static let directoryBytes = Refusal("has a directory that is too large and was refused")
    static let damaged = Refusal("is damaged or cut off; download or copy the export again")
    static let severalLayers = Refusal("is compressed more than once; unpack it with gunzip first")
    static let severalMembers = Refusal(
        "is damaged, or is several gzip files joined into one. Unpack it with gunzip, which tells "
            + "them apart, and import what comes out")
    package static let nestedTooDeep = Refusal("is a zip inside a zip inside a zip; unpack it")
    static let endsEarly = Refusal("ends too early")
    static let foreignName = Refusal(
        "holds a file whose name is not UTF-8; unpack it and import the folder")

    static func entries(_ limit: Int) -> Refusal {
        Refusal("holds more than \(limit) files and was refused")
    }
    static func totalBytes(_ limit: Int64) -> Refusal {
        Refusal("unpacks to more than \(limit >> 30) GiB and was refused")
    }
    static func ratio(_ ratio: Int64) -> Refusal {
        Refusal("unpacks to more than \(ratio) times its size and was refused")
    }
    static func nestedBytes(_ limit: Int64) -> Refusal {
        Refusal(
            "and the compressed zips beside it have more than \(limit >> 20) MiB, which is more "
                + "than can be held in memory; unpack the outer zip and import the folder")
    }
    static func name(_ name: String, _ flaw: String) -> Refusal {
        Refusal("holds \(ForeignName.quoted(name)), \(flaw), and was refused")
    }
    static func twice(_ name: String) -> Refusal {
        Refusal("holds \(ForeignName.quoted(name)) twice and was refused")
    }
    static func encrypted(_ name: String) -> Refusal {
        Refusal(
            "holds \(ForeignName.quoted(name)), which is encrypted; unpack it with its password "
                + "first")
    }
    static func special(_ name: String) -> Refusal {
        Refusal("holds \(ForeignName.quoted(name)), a link or device, and was refused")
    }
    static func folderWithoutSlash(_ name: String) -> Refusal {
        Refusal("holds \(ForeignName.quoted(name)), a folder without its slash, and was refused")
    }
    static func method(_ name: String) -> Refusal {
        Refusal(
            "holds \(ForeignName.quoted(name)), packed by a method other than deflate; unpack it "
                + "first")
    }
    static func sizes(_ name: String) -> Refusal {
        Refusal("holds \(ForeignName.quoted(name)) with sizes that cannot be true")
    }
    static func strayBytes(_ name: String) -> Refusal {
        Refusal("has bytes before or inside \(ForeignName.quoted(name)) that belong to nothing")
    }
    static func strayBytes(after name: String) -> Refusal {
        Refusal("has bytes after \(ForeignName.quoted(name)) that belong to nothing")
    }
    static func outside(_ name: String) -> Refusal {
        Refusal("holds \(ForeignName.quoted(name)), which lies outside the file")
    }
    static func twoWays(_ name: String) -> Refusal {
        Refusal("describes \(ForeignName.quoted(name)) in two different ways")
    }

    // MARK: Tars, and what they are compressed with

    static let foreign = Refusal("this is neither a tar nor a tar.zst")
    static func foreign(_ reason: String) -> Refusal { Refusal("\(foreign.text) (\(reason))") }
    static let severalFilters = Refusal("the file is compressed more than once")
    static let hiddenFrameBefore = Refusal("a hidden frame stands before the compressed archive")
    static let hiddenFrameAfter = Refusal("a hidden frame follows the compressed archive")
    static let secondFrame = Refusal("a second frame follows the compressed archive")
    static let trailingBytes = Refusal("something follows the archive")
    static let trailingTar = Refusal("something follows the end of the tar")
    static let noEnd = Refusal("the tar ends without its end mark")
    static let emptyTar = Refusal("the tar is empty")
    static func window(_ limit: Int64) -> Refusal {
        Refusal(
            "unpacking it takes more than \(limit >> 20) MiB of memory; if you trust where it "
                + "comes from, unpack it and verify the folder")
    }
    static func unpacking(_ reason: String) -> Refusal {
        Refusal("the file cannot be unpacked: \(reason)")
    }
    static func damagedTar(_ reason: String) -> Refusal { Refusal("the tar is damaged: \(reason)") }
    static func tarEntries(_ limit: Int) -> Refusal {
        Refusal("there are more than \(limit) files")
    }
    static func tarBytes(_ limit: Int64) -> Refusal {
        Refusal("the archive unpacks to more than \(limit) bytes")
    }
    static func implausibleEntries(_ count: Int, in sizeBytes: Int64) -> Refusal {
        Refusal(
            "more than \(count) files are not plausible in a file of \(sizeBytes); if you trust "
                + "where it comes from, unpack it and verify the folder")
    }
    static func implausible(_ bytes: Int64, in sizeBytes: Int64) -> Refusal {
        Refusal(
            "its \(bytes) bytes are not plausible in a file of \(sizeBytes); if you trust where it "
                + "comes from, unpack it and verify the folder")
    }

    static let unreadableName = Refusal("a file has a name that cannot be read")
    package static let nameNotAllowed = Refusal("the name is not allowed in an archive")
    package static let bagTwice = Refusal("the folder of the bag occurs twice")
    package static let noName = Refusal("no name in the tar is allowed in an archive")
    static let link = Refusal("this is a link")
    static let symbolicLink = Refusal("this is a symbolic link")
    static let notFile = Refusal("this is neither a file nor a folder")
    static let sparse = Refusal("the file is sparse")
    static let unknownSize = Refusal("the file's size is not known")
    static let twoWays = Refusal("its headers can be read in two different ways")

    static let filling = Refusal("something stands in the bytes that fill its last block")
    static let folderContent = Refusal("a folder has content")
    static let longHeader = Refusal("the header before it is longer than a path and a size need")
    static let otherName = Refusal("its header's name is not the beginning of its path")
    static let foreignHeader = Refusal("its header is neither POSIX's nor GNU's")
    static let specialMode = Refusal("it has a special mode")
    static let owner = Refusal(
        "it has an owner; pack with --owner=root:0 --group=root:0, or verify the folder")
    static let unusedBytes = Refusal("something stands in the unused bytes of its header")
    static let sizeField = Refusal("the size in its header cannot be read")
    static let paxHeader = Refusal("the pax header before it cannot be read")
    static let longName = Refusal("the long name before it cannot be read")
    static let strayHeader = Refusal("a header describes an entry that does not follow")
    static func kind(_ kind: String) -> Refusal {
        Refusal("an archive's tar has no entry of kind \(kind)")
    }
    static func paxField(_ name: String) -> Refusal {
        Refusal("a pax header gives it the field \(name)")
    }

    /// The same for several entries: it is told once, at the first.
    func with(more count: Int) -> Refusal {
        count > 0 ? Refusal("\(text); so it is with \(count) more") : self
    }
}
