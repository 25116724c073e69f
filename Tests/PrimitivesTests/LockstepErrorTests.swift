import Primitives
import Testing

@Suite struct LockstepErrorTests {
  @Test(arguments: [
    (LockstepError(.usage, "", "bad"), "bad."),
    (LockstepError(.usage, "--epochs", "is missing"), "--epochs: is missing."),
    (LockstepError(.usage, "a", "is odd", found: "3"), "a: is odd (found 3)."),
    (LockstepError(.usage, "a", "is odd", expected: "4"), "a: is odd (expected 4)."),
    (
      LockstepError(.badData, "f.h5:x", "is odd", found: "3", expected: "4", remedy: "Add 1."),
      "f.h5:x: is odd (found 3, expected 4). Add 1."
    ),
    (LockstepError(.memory, "a", "is odd", detail: "the stack"), "a: is odd."),
  ]) func theMessageIsOneLine(error: LockstepError, message: String) {
    #expect(error.description == message)
  }

  /// Names of files come from outside: no byte of theirs may steer a terminal or begin a line.
  @Test(arguments: [
    ("a\nb", "a\\nb"), ("a\r\nb", "a\\r\\nb"), ("a\tb", "a\\tb"), ("\u{1b}[2J", "\\u{1B}[2J"),
    ("\0", "\\0"), ("\u{7f}", "\\u{7F}"), ("\u{9b}2J", "\\u{009B}2J"), ("\u{85}", "\\u{0085}"),
    ("\u{2028}", "\\u{2028}"), ("\u{2029}", "\\u{2029}"), ("gr\u{fc}n \u{1f600}", "gr\u{fc}n \u{1f600}"),
  ]) func controlCharactersAreEscaped(name: String, rendered: String) {
    #expect(LockstepError(.noInput, name, "is missing").description == rendered + ": is missing.")
  }

  @Test func anErrorOfATemporaryNameIsTurnedIntoOneOfTheTarget() {
    let error = LockstepError(.inputOutput, "/d/.a.tmp-7:x", "cannot be written", found: "3")
    let renamed = error.renaming("/d/.a.tmp-7", to: "/d/a")
    #expect(renamed == LockstepError(.inputOutput, "/d/a:x", "cannot be written", found: "3"))
    #expect(error.renaming("/d/b", to: "/d/c") == error)
  }
}
