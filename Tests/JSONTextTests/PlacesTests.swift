import JSONText
import Testing

@Suite struct PlacesTests {
    private let text = """
        {
          "a": 1, "b": [
            { "c": "x\\"y", "d": [1,
              2] },

            true
          ],
          "a\\u0062": {"e": {}}
        }
        """

    @Test(arguments: [
        ("", 1), ("a", 2), ("b", 2), ("b[0]", 3), ("b[0].c", 3), ("b[0].d[0]", 3), ("b[0].d[1]", 4),
        ("b[1]", 6), ("ab", 8), ("ab.e", 8),
    ])
    func `A value's place is the line of its key or of its beginning`(_ path: String, _ line: Int) {
        #expect(JSONPlaces(Array(text.utf8)).line(of: path) == line)
    }

    @Test(arguments: [("b[0].missing", 3), ("b[7]", 2), ("nothing", 1), ("ab.e.f.g", 8)])
    func `What is not there has the place of what is around it`(_ path: String, _ line: Int) {
        #expect(JSONPlaces(Array(text.utf8)).line(of: path) == line)
    }

    @Test func `Keys that stand twice are found with the line of the second one`() {
        let text = "{\"a\": {\"b\": 1,\n\"c\": 2,\n\"\\u0062\": 3},\n\"a\": 4}"
        #expect(
            JSONPlaces(Array(text.utf8)).repetitions == [
                .init(path: "a.b", line: 3), .init(path: "a", line: 4),
            ])
    }

    @Test func `A text that is no JSON has the places before its fault`() {
        let whole = Array(text.utf8)
        for count in 0..<whole.count {
            let places = JSONPlaces(Array(whole[..<count]))
            #expect((1...2).contains(places.line(of: "a")))
        }
        #expect(JSONPlaces([]).line(of: "a.b") == 1)
        #expect(JSONPlaces(Array("{\"a\\".utf8)).line(of: "a") == 1)
        #expect(JSONPlaces(Array(String(repeating: "[", count: 9000).utf8)).line(of: "") == 1)
    }

    @Test func `A byte's line counts the line ends before it`() {
        let bytes = Array("a\nb\n\nc".utf8)
        #expect((0..<6).map { JSONPlaces.line(ofByte: $0, in: bytes) } == [1, 1, 2, 2, 3, 4])
    }
}
