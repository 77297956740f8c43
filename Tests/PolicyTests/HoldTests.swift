import Policy
import Testing

/// What a hold matches, and what its release leaves.
@Suite struct HoldTests {
    private var subject: HoldSubject {
        var subject = HoldSubject(conversation: "c")
        subject.custodians = ["ada"]
        subject.project = "P"
        subject.labels = ["L", "M"]
        subject.messageTimes = [Sample.year(1), Sample.year(3)]
        return subject
    }

    private func matches(
        _ subject: HoldSubject, answer: Set<String>? = [], _ change: (inout HoldScope) -> Void
    ) -> Bool {
        var scope = HoldScope()
        change(&scope)
        return scope.matches(subject, answer: answer)
    }

    @Test func `A scope without conditions matches everything`() {
        #expect(HoldScope().matches(subject, answer: []))
        #expect(HoldScope().matchesEverything)
    }

    @Test func `One value of each kind is enough, and each kind is needed`() {
        #expect(matches(subject) { $0.custodians = ["bob", "ada"] })
        #expect(!matches(subject) { $0.custodians = ["bob"] })
        #expect(matches(subject) { $0.labels = ["M"] })
        #expect(matches(subject) { $0.conversations = ["c", "d"] })
        #expect(!matches(subject) { $0.conversations = ["d"] })
        #expect(
            matches(subject) {
                $0.custodians = ["ada"]
                $0.projects = ["P"]
            })
        #expect(
            !matches(subject) {
                $0.custodians = ["ada"]
                $0.projects = ["Q"]
            })
        var bare = subject
        bare.project = nil
        #expect(!matches(bare) { $0.projects = ["P"] })
    }

    @Test func `Dates take a conversation with a message between them`() {
        #expect(matches(subject) { $0.after = Sample.year(3) })
        #expect(!matches(subject) { $0.after = Sample.year(3) + 1 })
        #expect(matches(subject) { $0.before = Sample.year(1) + 1 })
        #expect(!matches(subject) { $0.before = Sample.year(1) })
        #expect(
            !matches(subject) {
                $0.after = Sample.year(1) + 1
                $0.before = Sample.year(3)
            })
    }

    @Test func `What is not known is held`() {
        var undated = subject
        undated.hasUndatedMessage = true
        #expect(matches(undated) { $0.after = Sample.year(90) })
        #expect(matches(subject, answer: nil) { $0.query = "merger" })
    }

    @Test func `A query matches what the engine found`() {
        #expect(matches(subject, answer: ["c"]) { $0.query = "merger" })
        #expect(!matches(subject, answer: ["d"]) { $0.query = "merger" })
        #expect(
            !matches(subject, answer: ["c"]) {
                $0.query = "merger"
                $0.labels = ["X"]
            })
    }

    @Test func `A release counts once, and the latest grace holds`() {
        let placed = Hold(
            id: "h", matter: "M", scope: HoldScope(), state: .placed(at: Sample.year(0)))
        let released = placed.released(at: Sample.year(1))
        #expect(released.released(at: Sample.year(2)) == released)
        #expect(placed.isActive && !released.isActive)
        let evaluator = RetentionEvaluator(Sample.policy(zone: Sample.zurich))
        var item = Sample.item
        item.graceUntil = Sample.year(0)
        item.apply([released, placed.released(at: Sample.year(5))], evaluator)
        #expect(item.holds == [])
        #expect(item.graceUntil == evaluator.grace(after: Sample.year(5)).milliseconds)
        item.apply([placed, released], evaluator)
        #expect(item.holds == ["h"])
        #expect(item.graceUntil == evaluator.grace(after: Sample.year(5)).milliseconds)
    }

    @Test func `The grace is a span of the calendar, on the policy's clock`() {
        let evaluator = RetentionEvaluator(Sample.policy(zone: Sample.zurich))
        #expect(
            evaluator.grace(after: Sample.time("2024-03-15T11:00:00Z"))
                == .at(Sample.time("2024-04-14T10:00:00Z")))
    }
}
