import Providers
import Testing

/// Addresses of servers: the forms that are taken, and the tricks that are not.
@Suite struct OriginTests {
    @Test(arguments: [
        ("https://llm.example.org", "https://llm.example.org"),
        ("HTTPS://LLM.Example.ORG:443", "https://llm.example.org"),
        ("https://llm.example.org:8443", "https://llm.example.org:8443"),
        ("https://10.0.0.5", "https://10.0.0.5"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://localhost:11434", "http://localhost:11434"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ])
    func `An honest origin is read into one form`(text: String, form: String) throws {
        #expect(try WebOrigin(text).description == form)
    }

    @Test(arguments: [
        "", "llm.example.org", "ftp://llm.example.org", "//llm.example.org",
        "https://user@llm.example.org", "https://llm.example.org@evil.example",
        "https://user:pass@llm.example.org", "https://llm.example.org.", "https://llm..example.org",
        "https://.example.org", "https://", "https://:443", "https://bücher.example",
        "https://llm.exаmple.org", "https://llm.example.org:0", "https://llm.example.org:65536",
        "https://llm.example.org:", "https://llm.example.org:8a", "https://llm.example.org:+443",
        "https://llm%2Eexample.org", "https://llm example.org", "https://llm_example.org",
        "https://127.1", "https://2130706433", "https://0x7f.0.0.1", "https://0177.0.0.1",
        "https://1.2.3.256", "https://1.2.3.4.5", "https://example.0x7f", "https://[fe80::1]",
        "https://[::ffff:127.0.0.1]", "https://[::1", "https://-a.example", "https://a-.example",
        "http://llm.example.org", "http://10.0.0.5", "http://localhost.example.org",
        "http://127.0.0.1.example.org", "https://llm.example.org/", "https://llm.example.org?x",
        "https://llm.example.org#x", "https://llm.example.org\\@evil.example",
        "https://llm.example.org\n", "https://\u{FEFF}llm.example.org", "https://①.example",
    ])
    func `A trick is refused`(text: String) {
        #expect(throws: WebOrigin.Fault.self) { try WebOrigin(text) }
    }

    @Test func `A label is at most 63 letters long, and a host 253`() throws {
        let label = String(repeating: "a", count: 63)
        _ = try WebOrigin("https://\(label).example")
        #expect(throws: WebOrigin.Fault.self) { try WebOrigin("https://\(label)a.example") }
        let long = Array(repeating: label, count: 4).joined(separator: ".")
        #expect(throws: WebOrigin.Fault.self) { try WebOrigin("https://\(long)") }
    }

    @Test func `Only this machine's own addresses are loopback`() throws {
        for host in ["http://localhost", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]"] {
            #expect(try WebOrigin(host).isLoopback)
        }
        for host in ["https://10.0.0.1", "https://127.example.org", "https://localhost.example"] {
            #expect(try !WebOrigin(host).isLoopback)
        }
    }

    @Test func `An address may have a path, and nothing behind it`() throws {
        #expect(try BaseURL("https://a.example").path == "")
        #expect(try BaseURL("https://a.example/").path == "")
        #expect(try BaseURL("https://a.example/llm/v1//").path == "/llm/v1")
        for text in [
            "https://a.example/x?y", "https://a.example/x#y", "https://a.example/../x",
            "https://a.example/./x", "https://a.example\\x", "https://a.example/ä",
            "https://a.example/a b", "https://u@a.example/x", "a.example/x",
        ] {
            #expect(throws: WebOrigin.Fault.self) { try BaseURL(text) }
        }
    }
}
