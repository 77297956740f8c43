import JSONText
import Testing

@Suite struct ByteRunTests {
    /// Where a byte of interest is found when each is looked at by itself.
    private func slowly(_ bytes: [UInt8], from start: Int, _ isMarked: (UInt8) -> Bool) -> Int {
        bytes[start...].firstIndex(where: isMarked) ?? bytes.count
    }

    @Test func `Every byte is told from every other, at every place of a word`() {
        var wrong: [String] = []
        for letter in [UInt8(0x21), 0x61, 0x80, 0xFF] {
            for place in 0..<19 {
                for value in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: letter, count: 19)
                    bytes[place] = value
                    for start in [0, 3] {
                        let (found, controls) = bytes.withUnsafeBufferPointer { all in
                            (
                                ByteRun.end(in: all, from: start) {
                                    ByteRun.equal($0 | ByteRun.each(2), UInt8(ascii: ">"))
                                },
                                ByteRun.end(in: all, from: start) { ByteRun.below($0, 0x20) }
                            )
                        }
                        if found != slowly(bytes, from: start, { $0 == 0x3C || $0 == 0x3E })
                            || controls != slowly(bytes, from: start, { $0 < 0x20 })
                        {
                            wrong.append("\(value) at \(place) from \(start) among \(letter)")
                        }
                    }
                }
            }
        }
        #expect(wrong == [])
    }

    @Test func `Of several marks in a word the first one is found`() {
        for first in 0..<16 {
            for second in first..<16 {
                var bytes = Array("abcdefghijklmnop".utf8)
                bytes[second] = UInt8(ascii: "\\")
                bytes[first] = UInt8(ascii: "\"")
                let found = bytes.withUnsafeBufferPointer {
                    ByteRun.endOfPlainJSON(in: $0, from: 0)
                }
                #expect(found == first)
            }
        }
    }

    @Test func `The end of the bytes ends a run, wherever it begins`() {
        let bytes = [UInt8](repeating: 0x61, count: 33)
        for start in 0...33 {
            let found = bytes.withUnsafeBufferPointer {
                ByteRun.endOfPlainJSON(in: $0, from: start)
            }
            #expect(found == 33)
        }
    }
}
