//! The functions of a call trace, as the kernel prints it and people paste it.

use std::sync::LazyLock;

use regex::Regex;

/// A function of a call trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedFunction {
    /// Its name in the source: without what the compiler appends to parts of functions.
    pub name: String,
    /// The module, where the trace says it.
    pub module: Option<String>,
    /// Whether the kernel is sure that it was called (no `?` before it).
    pub is_certain: bool,
}

/// `func+0x1a/0x2b [mod]`, with or without a `?` before it.
static FRAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:(?P<unsure>\?)\s+)?\b(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\+0x[0-9a-f]+/0x[0-9a-f]+(?:\s*\[(?P<module>\w+)[^\]]*\])?")
        .expect("a valid pattern")
});
/// What the compiler appends to parts of a function.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\.(?:isra|part|constprop|cold|llvm|lto_priv)\b.*$").expect("a valid pattern")
});

/// Reads the functions of a trace from the innermost outwards; each is named once, where it stands first.
pub fn read_call_trace(text: &str) -> Vec<TracedFunction> {
    let mut functions: Vec<TracedFunction> = Vec::new();
    for found in text.lines().flat_map(|line| FRAME.captures_iter(line)) {
        let name = PART.replace(&found["name"], "").into_owned();
        let is_certain = found.name("unsure").is_none();
        match functions.iter_mut().find(|function| function.name == name) {
            Some(known) => known.is_certain |= is_certain,
            None => functions.push(TracedFunction {
                name,
                module: found.name("module").map(|module| module.as_str().to_owned()),
                is_certain,
            }),
        }
    }
    functions
}

/// How much a change of the function at this place of a trace, from 0, explains: the innermost most.
pub(super) fn trace_weight(place: usize, function: &TracedFunction) -> f64 {
    /// What the kernel is not sure of is often left over from earlier calls.
    const UNSURE_SHARE: f64 = 0.3;
    let share = if function.is_certain { 1.0 } else { UNSURE_SHARE };
    share / (1.0 + place as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, bool)> {
        read_call_trace(text).into_iter().map(|function| (function.name, function.is_certain)).collect()
    }

    #[test]
    fn forms_of_traces_are_read() {
        let old = "Pid: 1, comm: x\nRIP: 0010:[<ffffffff8146b1a4>]  [<ffffffff8146b1a4>] tcp_ack+0x1a/0x2b0\nCall Trace:\n \
            [<ffffffff8146b000>] ? kfree+0x3/0x10\n [<ffffffff81470000>] tcp_rcv_established+0x100/0x700 [tcp]\n";
        let expected = [("tcp_ack", true), ("kfree", false), ("tcp_rcv_established", true)];
        assert_eq!(names(old), expected.map(|(name, sure)| (name.to_owned(), sure)));
        let new = "[   12.3] RIP: 0010:do_it.isra.3.cold+0x1a/0x2b [ember]\n[   12.3]  do_it+0x1/0x2b\n[   12.4]  ? next.part.0+0x1/0x2\n";
        assert_eq!(
            names(new),
            [("do_it", true), ("next", false)].map(|(name, sure)| (name.to_owned(), sure))
        );
        assert_eq!(read_call_trace(new)[0].module.as_deref(), Some("ember"));
    }

    #[test]
    fn text_without_a_trace_has_no_functions() {
        assert_eq!(names("a + b / c, func() + 0x10"), []);
    }
}
