//! The lines of one request, while it is under way.

/// The most bytes of one line: `docs/aws/api-gateway.md#execution-log`.
const LONGEST: usize = 1024;

const CUT: &str = "[TRUNCATED]";

/// The most lines that one request may have.
const MOST: usize = 200;

/// What is recorded of a request; nothing by default.
#[derive(Debug, Default)]
pub(crate) struct Recording(Option<Lines>);

#[derive(Debug)]
struct Lines {
    request_id: String,
    has_data: bool,
    lines: Vec<String>,
}

impl Recording {
    /// Records a request. `has_data` says whether headers and bodies are recorded too.
    pub(crate) fn of(request_id: &str, has_data: bool) -> Recording {
        Recording(Some(Lines {
            request_id: request_id.to_owned(),
            has_data,
            lines: Vec::new(),
        }))
    }

    /// Adds a line.
    pub(crate) fn add(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            lines.push(&line());
        }
    }

    /// Adds a line that shows headers, parameters or a body.
    pub(crate) fn add_data(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = self.0.as_mut().filter(|lines| lines.has_data) {
            lines.push(&line());
        }
    }

    /// All lines; `None` when nothing was recorded.
    pub(crate) fn finish(self) -> Option<Vec<String>> {
        self.0.map(|lines| lines.lines)
    }
}

impl Lines {
    fn push(&mut self, line: &str) {
        if self.lines.len() < MOST {
            let line = in_one_line(line);
            self.lines
                .push(cut(format!("({}) {line}", self.request_id)));
        }
    }
}

fn in_one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn cut(mut line: String) -> String {
    if line.len() > LONGEST {
        let mut end = LONGEST - CUT.len();
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push_str(CUT);
    }
    line
}
