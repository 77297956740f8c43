package import Foundation
import JSONText

/// Errors as providers write them: in the body of an answer, in a stream, in a frame.
///
/// They may quote the request; whoever has sent that has `SentSecrets` mask them.
package enum FailureReader {
    /// An answer with a status of 300 or more.
    ///
    /// The shapes are Anthropic's `{"type":"error","error":{…}}`, Google's and OpenAI's
    /// `{"error":{…}}`, the former also inside a list, and AWS's `{"message":…}` with the name of
    /// the error in the header `x-amzn-errortype` or in `__type`. Anything else, such as a page of
    /// a proxy, leaves the status to speak.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - headers: The headers of the answer.
    ///   - body: Its body.
    ///   - now: The time by which a date in `retry-after` is counted.
    /// - Returns: The error.
    package static func error(
        status: Int, headers: WireHeaders, body: [UInt8], now: Date
    ) -> ProviderError {
        var value = (try? JSONReader.parse(body)) ?? .null
        if let first = value.array?.first { value = first }
        let inner = value["error"]
        let codes =
            codes(inner)
            + [awsName(headers["x-amzn-errortype"] ?? value["__type"]?.string)]
            .compactMap(\.self)
        let message = inner?["message"] ?? value["message"] ?? value["Message"] ?? inner
        var error = ProviderError(
            FailureKinds.kind(status: status, codes: codes), status: status, code: codes.first,
            message: message?.string)
        let id =
            headers["request-id"] ?? headers["x-request-id"] ?? headers["x-amzn-requestid"]
            ?? value["request_id"]?.string
        error.requestID = id.flatMap(ProviderError.word)
        error.retryAfterMilliseconds = wait(headers, now)
        switch headers["x-should-retry"] {
        case "true": error.shouldRetry = true
        case "false": error.shouldRetry = false
        default: break
        }
        return error
    }

    /// An `error` event of a stream of server-sent events.
    static func error(inStream event: JSON) -> ProviderError {
        let inner = event["error"]
        let codes = codes(inner)
        var error = ProviderError(
            FailureKinds.kind(status: nil, codes: codes), code: codes.first,
            message: (inner?["message"] ?? inner)?.string)
        error.requestID = (event["request_id"]?.string).flatMap(ProviderError.word)
        return error
    }

    /// The error that a frame of an AWS event stream is; nil where it is an event.
    static func error(inFrame frame: EventStreamFrame) -> ProviderError? {
        let code: String?
        var message: String?
        switch frame.text(":message-type") {
        case "exception":
            code = frame.text(":exception-type")
            let body = (try? JSONReader.parse(frame.payload)) ?? .null
            message = (body["message"] ?? body["Message"])?.string
        case "error":
            code = frame.text(":error-code")
            message = frame.text(":error-message")
        default: return nil
        }
        let kind = FailureKinds.kind(status: nil, codes: code.map { [$0] } ?? [])
        return ProviderError(kind, code: code, message: message)
    }

    /// The provider's words, the most particular one first where it says more than the status.
    private static func codes(_ error: JSON?) -> [String] {
        let words = [
            error?["details"]?["error_code"], error?["type"], error?["status"], error?["code"],
        ].compactMap { $0?.string }
        return words.filter { Int($0) == nil && $0 != "None" }
    }

    /// `Name` of `Name:http://…` and of `com.amazon.coral#Name`.
    private static func awsName(_ text: String?) -> String? {
        text?.split(separator: ":").first?.split(separator: "#").last.map(String.init)
    }

    private static func wait(_ headers: WireHeaders, _ now: Date) -> Int? {
        if let text = headers["retry-after-ms"] ?? headers["x-amz-retry-after"],
            let milliseconds = Double(text)
        {
            return bounded(milliseconds)
        }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = Double(text) { return bounded(seconds * 1000) }
        guard let date = date(text) else { return nil }
        return bounded(date.timeIntervalSince(now) * 1000)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
    private static func date(_ text: String) -> Date? {
        let words = text.split(separator: " ")
        let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[1].count == 2,
            let month = months.firstIndex(of: words[2])
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return try? Date("\(words[3])-\(number)-\(words[1])T\(words[4])Z", strategy: .iso8601)
    }

    /// A number of milliseconds between 0 and a day.
    private static func bounded(_ milliseconds: Double) -> Int? {
        milliseconds.isFinite ? Int(min(max(milliseconds, 0), 86_400_000)) : nil
    }
}
