import Policy
import Testing
import Vault
import VaultCrypto

@Suite struct RecordValueTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2024-02-29T12:34:56.789Z", 1_709_210_096_789),
            ("2024-03-01T00:30:00+02:00", 1_709_245_800_000), ("2000-01-01", 946_684_800_000),
            ("1969-12-31T23:59:59.999Z", -1), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
            ("2024-02-29 12:34:56", 1_709_210_096_000),
            ("2024-02-29T12:34:56,5Z", 1_709_210_096_500),
            ("2024-02-29T12:34:56.123456Z", 1_709_210_096_123),
        ] as [(String, Int64)])
    func `reads the time`(text: String, milliseconds: Int64) throws {
        let instant = try #require(Instant(text))
        #expect(instant.milliseconds == milliseconds)
        #expect(Instant(instant.description) == instant)
    }

    @Test(arguments: [
        "", "2024", "2024-13-01", "2024-02-30", "2023-02-29", "2024-01-01T24:00:00Z",
        "2024-01-01T10:60:00Z", "2024-01-01T10:00:00X", "2024-01-01T10:00:00+1", "x2024-01-01",
    ])
    func `refuses the time`(text: String) { #expect(Instant(text) == nil) }

    @Test func `every day of eight centuries survives the calendar`() {
        var previous = CivilDate(daysSinceEpoch: -146_097)
        for day in Int64(-146_096)...146_097 {
            let date = CivilDate(daysSinceEpoch: day)
            #expect(date.daysSinceEpoch == day && date.isValid)
            let follows =
                date.day == previous.day + 1 && date.month == previous.month
                || date.day == 1 && (date.month == previous.month + 1 || date.month == 1)
            #expect(follows)
            previous = date
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", false), ("1989-12-31T23:59:59Z", false), ("1990-01-01", true),
        ("2199-12-31T23:59:59.999Z", true), ("2200-01-01", false), ("9999-12-31", false),
    ])
    func `plausible`(text: String, isPlausible: Bool) throws {
        #expect(try #require(Instant(text)).isPlausible == isPlausible)
    }

    @Test func `ids are version 7, in time order, and survive text and bytes`() throws {
        let time = Instant(milliseconds: 1_700_000_000_000)
        let ids = (0..<100).map { RecordID(at: Instant(milliseconds: time.milliseconds + $0)) }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 100)
        for id in ids {
            let text = id.description
            #expect(text.count == 36)
            #expect(text.dropFirst(14).first == "7")
            #expect("89ab".contains(try #require(text.dropFirst(19).first)))
            #expect(RecordID(text) == id && RecordID(text.uppercased()) == id)
            #expect(RecordID(bytes: id.bytes) == id)
        }
        #expect(RecordID("0190163d-8694-7e4c-93d6-2d2b1f2d2f4") == nil)
        #expect(RecordID("0190163d+8694-7e4c-93d6-2d2b1f2d2f4c") == nil)
    }

    @Test func `hexadecimal digits survive`() {
        #expect(Hex.text([0, 15, 255]) == "000fff")
        #expect(Hex.bytes("000fff") == [0, 15, 255])
        #expect(Hex.bytes("0") == nil && Hex.bytes("0G") == nil && Hex.bytes("AB") == nil)
    }
}
