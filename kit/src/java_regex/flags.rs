//! The flags of a pattern: those of `Pattern.compile`, which are also those of `(?idmsuxU)`.

/// How a pattern is read. None is set by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// `CASE_INSENSITIVE`, `i`: letters of ASCII match in either case.
    pub ignore_case: bool,
    /// `UNICODE_CASE`, `u`: with `i`, letters of any script do.
    pub unicode_case: bool,
    /// `DOTALL`, `s`: `.` matches line terminators too.
    pub dot_all: bool,
    /// `MULTILINE`, `m`: `^` and `$` match at lines.
    pub multi_line: bool,
    /// `UNIX_LINES`, `d`: only `\n` ends a line.
    pub unix_lines: bool,
    /// `COMMENTS`, `x`: white space and `#…` in the pattern mean nothing.
    pub comments: bool,
    /// `UNICODE_CHARACTER_CLASS`, `U`: `\w`, `\d`, `\s`, `\b` and the POSIX classes are Unicode's.
    pub unicode_classes: bool,
}

/// Which letters are the same in a pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Case {
    /// Each only itself.
    #[default]
    Exact,
    /// Those of ASCII in either case.
    Ascii,
    /// All, as `toLowerCase(toUpperCase(c))` has them.
    Unicode,
}

impl Flags {
    /// Sets or clears the flag of that letter; false when there is none.
    pub fn set(&mut self, letter: char, on: bool) -> bool {
        match letter {
            'i' => self.ignore_case = on,
            'u' => self.unicode_case = on,
            's' => self.dot_all = on,
            'm' => self.multi_line = on,
            'd' => self.unix_lines = on,
            'x' => self.comments = on,
            // Java's documentation: this flag implies `u`.
            'U' => (self.unicode_classes, self.unicode_case) = (on, on),
            _ => return false,
        }
        true
    }

    pub(super) fn case(self) -> Case {
        match (self.ignore_case, self.unicode_case) {
            (false, _) => Case::Exact,
            (true, false) => Case::Ascii,
            (true, true) => Case::Unicode,
        }
    }
}
