//! What a spec file does with the package's patches.
//!
//! A spec file is macros and shell; neither is run. Its conditions are decided where the spec itself decides them, and the
//! lines that apply patches are read in order. A line that may apply patches in a way that is not understood is an error:
//! a tree with a part of the package's patches is worse than none.

use std::collections::{BTreeMap, HashMap};

use super::patch_options::Options;
use super::recipe::{Recipe, Step, Unclear, What};
use super::shell_line::{function_name, is_kernel_folder, may_apply, numbered_macro};
use super::spec_branches::Branches;
use super::spec_macros::{Macros, Value};
use super::tree_patch::Manner;

/// Files of fewer lines are placeholders to those who apply patches as options.
pub(super) const OPTIONAL_LINES: usize = 10;

/// Reads a spec file. `release` is the package's release, which tells the distribution: `80.el8`.
///
/// `default_fuzz` is that of the rpm that built the package.
pub(super) fn recipe(spec: &[u8], release: Option<&str>, default_fuzz: usize) -> Result<Recipe, Unclear> {
    let mut reading = Reading::new(release, default_fuzz);
    let text = String::from_utf8_lossy(spec);
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, more)) = lines.next() else { break };
            whole.push('\n');
            whole.push_str(more);
        }
        reading.line(number + 1, whole.trim(), 0)?;
    }
    Ok(Recipe { steps: reading.steps, declared: reading.declared })
}

/// A part of a spec file, by what lines in it mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Preamble,
    /// A list of patches, one a line.
    PatchList,
    /// Shell that makes the tree.
    Script,
    Other,
}

/// A shell function that is being read or has been.
#[derive(Clone, Debug, Default)]
struct Function {
    body: String,
}

struct Reading {
    macros: Macros,
    branches: Branches,
    section: Section,
    steps: Vec<Step>,
    declared: BTreeMap<u32, String>,
    doubtful: HashMap<u32, &'static str>,
    functions: HashMap<String, Function>,
    open_function: Option<String>,
    shell_depth: usize,
    is_in_kernel: bool,
    default_fuzz: usize,
}

impl Reading {
    fn new(release: Option<&str>, default_fuzz: usize) -> Reading {
        let mut macros = Macros::default();
        define_distribution(&mut macros, release.unwrap_or_default());
        Reading {
            macros,
            branches: Branches::default(),
            section: Section::Preamble,
            steps: Vec::new(),
            declared: BTreeMap::new(),
            doubtful: HashMap::new(),
            functions: HashMap::new(),
            open_function: None,
            shell_depth: 0,
            is_in_kernel: true,
            default_fuzz,
        }
    }

    fn line(&mut self, number: usize, line: &str, depth: usize) -> Result<(), Unclear> {
        let unclear =
            |problem: &str| Unclear { line: number, text: line.to_owned(), problem: problem.to_owned() };
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if self
            .branches
            .follow(word, rest, &self.macros)
            .ok_or_else(|| unclear("closes an %if that is not open"))?
        {
            return Ok(());
        }
        if self.branches.is_active() == Some(false) || self.defining(word, rest) || self.sectioning(word) {
            return Ok(());
        }
        match self.section {
            Section::Preamble => self.tag(line),
            Section::PatchList => self.declare(None, line),
            Section::Script => return self.command(number, line, word, rest, depth),
            Section::Other => {}
        }
        Ok(())
    }

    /// Whether a line was the definition of a macro.
    fn defining(&mut self, word: &str, rest: &str) -> bool {
        let (name, body) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let body = body.trim();
        let value = match word {
            "%define" | "%global" if name.contains('(') || body.contains('\n') => Value::Unknown,
            "%define" => Value::Text(body.to_owned()),
            "%global" => self.macros.expand(body).map_or(Value::Unknown, Value::Text),
            "%undefine" => Value::Undefined,
            "%bcond_with" => return self.define_option(name, false),
            "%bcond_without" => return self.define_option(name, true),
            "%bcond" => match self.macros.holds(body) {
                Some(is_on) => return self.define_option(name, is_on),
                None => Value::Unknown,
            },
            _ => return false,
        };
        let name = name.split('(').next().unwrap_or(name);
        let name = if word == "%bcond" { format!("with_{name}") } else { name.to_owned() };
        let is_certain = self.branches.is_active() == Some(true);
        self.macros.define(&name, if is_certain { value } else { Value::Unknown });
        if name == "_default_patch_fuzz" {
            self.default_fuzz = body.parse().unwrap_or(self.default_fuzz);
        }
        true
    }

    fn define_option(&mut self, name: &str, is_on: bool) -> bool {
        let value = match (self.branches.is_active(), is_on) {
            (Some(true), true) => Value::Text("1".to_owned()),
            (Some(true), false) => Value::Undefined,
            _ => Value::Unknown,
        };
        self.macros.define(&format!("with_{name}"), value);
        true
    }

    /// Whether a line begins a section.
    fn sectioning(&mut self, word: &str) -> bool {
        const OTHERS: [&str; 14] = [
            "%description",
            "%package",
            "%files",
            "%changelog",
            "%clean",
            "%check",
            "%post",
            "%postun",
            "%pre",
            "%preun",
            "%posttrans",
            "%sourcelist",
            "%conf",
            "%generate_buildrequires",
        ];
        self.section = match word {
            "%prep" | "%build" | "%install" => Section::Script,
            "%patchlist" => Section::PatchList,
            "%package" => Section::Preamble,
            _ if OTHERS.contains(&word) => Section::Other,
            _ => return false,
        };
        true
    }

    /// Notes the tags that matter.
    fn tag(&mut self, line: &str) {
        let Some((tag, value)) = line.split_once(':') else { return };
        let (tag, value) = (tag.trim().to_ascii_lowercase(), value.trim());
        if matches!(tag.as_str(), "name" | "version" | "release") {
            let value = match self.branches.is_active() {
                Some(true) => Value::Text(value.to_owned()),
                _ => Value::Unknown,
            };
            self.macros.define(&tag, value);
            return;
        }
        if let Some(number) = tag.strip_prefix("patch")
            && (number.is_empty() || number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            self.declare(number.parse().ok(), value);
        }
    }

    fn declare(&mut self, number: Option<u32>, value: &str) {
        let next = self.declared.last_key_value().map_or(0, |(number, _)| number.saturating_add(1));
        let number = number.unwrap_or(next);
        if self.branches.is_active() != Some(true) {
            self.doubtful.insert(number, "whether the patch is declared hangs on the machine that builds");
        }
        let file = match self.macros.expand(value) {
            Some(file) => file,
            None => {
                self.doubtful.insert(number, "the patch's file name is not certain");
                value.to_owned()
            }
        };
        let base = file.rsplit('/').next().unwrap_or(&file).to_owned();
        self.declared.insert(number, base);
    }

    fn command(
        &mut self,
        number: usize,
        line: &str,
        word: &str,
        rest: &str,
        depth: usize,
    ) -> Result<(), Unclear> {
        let unclear = |problem: String| Unclear { line: number, text: line.to_owned(), problem };
        if let Some(name) = &self.open_function {
            if line == "}" {
                self.open_function = None;
            } else if let Some(function) = self.functions.get_mut(name) {
                function.body.push_str(line);
                function.body.push('\n');
            }
            return Ok(());
        }
        if let Some(name) = function_name(line) {
            self.functions.insert(name.to_owned(), Function::default());
            if !line.ends_with('}') {
                self.open_function = Some(name.to_owned());
            }
            return Ok(());
        }
        self.follow_shell(line, word);
        match word {
            "%setup" => {
                self.is_in_kernel = true;
                return Ok(());
            }
            "cd" | "pushd" => {
                self.is_in_kernel = is_kernel_folder(rest);
                return Ok(());
            }
            "popd" => {
                self.is_in_kernel = true;
                return Ok(());
            }
            "%autosetup" | "%autopatch" => return self.apply_all(number, line, word, rest),
            "ApplyPatch" | "ApplyOptionalPatch" if self.functions.contains_key(word) => {
                return self.apply_by_function(number, line, word, rest);
            }
            _ => {}
        }
        if let Some(digits) = numbered_macro(word) {
            let mut options = Options::read(rest, "%patch").map_err(unclear)?;
            options.strip = Some(options.strip.unwrap_or(0));
            let mut numbers = std::mem::take(&mut options.numbers);
            match digits.parse() {
                Ok(patch) => numbers.insert(0, patch),
                Err(_) if numbers.is_empty() => numbers.push(0),
                Err(_) => {}
            }
            for patch in numbers {
                self.apply_numbered(number, line, patch, &options)?;
            }
            return Ok(());
        }
        if line.contains("series.conf") && (line.contains("apply-patches") || line.contains("guards")) {
            let symbols = match self.macros.value("symbols") {
                Value::Text(text) => self.macros.expand(&text),
                _ => None,
            };
            let manner = Manner { strip: 1, is_reverse: false, max_fuzz: 0 };
            self.push(number, line, What::Series(symbols), manner, None);
            return Ok(());
        }
        // A macro of the spec's own may hold commands.
        if depth == 0
            && let Some(name) = word.strip_prefix('%').map(|name| name.trim_matches(['{', '}', '?']))
            && let Value::Text(_) = self.macros.value(name)
            && let Some(text) = self.macros.expand(line)
        {
            return text.lines().try_for_each(|line| self.line(number, line.trim(), 1));
        }
        if may_apply(line, word) {
            let problem = "may apply patches in a way that is not understood";
            return Err(unclear(problem.to_owned()));
        }
        Ok(())
    }

    /// Follows how deep in branches and loops of the shell a line stands.
    fn follow_shell(&mut self, line: &str, word: &str) {
        match word {
            "if" | "for" | "while" | "until" | "case" => {
                let closing = match word {
                    "if" => "fi",
                    "case" => "esac",
                    _ => "done",
                };
                let is_closed =
                    line.split(|c: char| c.is_whitespace() || c == ';').any(|part| part == closing);
                self.shell_depth += usize::from(!is_closed);
            }
            "fi" | "fi;" | "done" | "done;" | "esac" | "esac;" => {
                self.shell_depth = self.shell_depth.saturating_sub(1);
            }
            _ => {}
        }
        if line.starts_with("done ") || line.starts_with("fi ") {
            self.shell_depth = self.shell_depth.saturating_sub(1);
        }
    }

    /// The macros that apply all patches that are declared, or a range of them.
    fn apply_all(&mut self, number: usize, line: &str, word: &str, rest: &str) -> Result<(), Unclear> {
        let unclear = |problem: String| Unclear { line: number, text: line.to_owned(), problem };
        let options = Options::read(rest, word).map_err(unclear)?;
        if word == "%autosetup" {
            self.is_in_kernel = true;
            if options.is_without_patches {
                return Ok(());
            }
        }
        let is_meant = |number: &u32| {
            options.least.is_none_or(|least| *number >= least)
                && options.most.is_none_or(|most| *number <= most)
                && (options.numbers.is_empty() || options.numbers.contains(number))
        };
        let numbers: Vec<u32> = self.declared.keys().copied().filter(is_meant).collect();
        if options.strip.is_none() && !numbers.is_empty() {
            return Err(unclear("names no strip level (-p)".to_owned()));
        }
        numbers.into_iter().try_for_each(|patch| self.apply_numbered(number, line, patch, &options))
    }

    fn apply_numbered(
        &mut self,
        number: usize,
        line: &str,
        patch: u32,
        options: &Options,
    ) -> Result<(), Unclear> {
        let Some(file) = self.declared.get(&patch).cloned() else {
            let problem = format!("applies patch {patch}, which the spec does not declare");
            return Err(Unclear { line: number, text: line.to_owned(), problem });
        };
        let manner = Manner {
            strip: options.strip.unwrap_or(0),
            is_reverse: options.is_reverse,
            max_fuzz: options.fuzz.unwrap_or(self.default_fuzz),
        };
        let doubt = self.doubtful.get(&patch).copied();
        self.push(number, line, What::Patch(file), manner, doubt);
        Ok(())
    }

    /// The functions of Fedora's kernel packages: the file's name, then options for patch.
    fn apply_by_function(
        &mut self,
        number: usize,
        line: &str,
        word: &str,
        rest: &str,
    ) -> Result<(), Unclear> {
        let unclear = |problem: String| Unclear { line: number, text: line.to_owned(), problem };
        let expanded = self.macros.expand(rest);
        let doubt = expanded.is_none().then_some("the patch's file name is not certain");
        let text = expanded.unwrap_or_else(|| rest.to_owned());
        let mut words = text.split_whitespace();
        let file = words.next().ok_or_else(|| unclear("names no patch".to_owned()))?.to_owned();
        let own = Options::read(&words.collect::<Vec<_>>().join(" "), "ApplyPatch").map_err(unclear)?;
        let general = self.function_options().map_err(unclear)?;
        let strip =
            own.strip.or(general.strip).ok_or_else(|| unclear("names no strip level (-p)".to_owned()))?;
        let manner = Manner {
            strip,
            is_reverse: own.is_reverse != general.is_reverse,
            max_fuzz: own.fuzz.or(general.fuzz).unwrap_or(self.default_fuzz),
        };
        let what = if word == "ApplyPatch" { What::Patch(file) } else { What::OptionalPatch(file) };
        self.push(number, line, what, manner, doubt);
        Ok(())
    }

    /// The options that these functions give patch.
    fn function_options(&self) -> Result<Options, String> {
        let named = match self.macros.value("patch_command") {
            Value::Text(text) => self.macros.expand(&text),
            _ => None,
        };
        let body = || {
            let bodies = self.functions.values().flat_map(|function| function.body.lines());
            let command = |line: &str| Some(line[line.find("patch -")?..].to_owned());
            bodies.filter_map(command).next()
        };
        let command = named.or_else(body).ok_or("the function's patch command is not certain")?;
        let command = command.trim().trim_matches(['\'', '"']);
        let options = command.strip_prefix("patch").ok_or("the function's patch command is not certain")?;
        let options: Vec<&str> = options
            .split_whitespace()
            .take_while(|word| !word.starts_with(['<', ';', '$', '|', '&']))
            .collect();
        Options::read(&options.join(" "), "ApplyPatch")
    }

    fn push(&mut self, line: usize, text: &str, what: What, manner: Manner, doubt: Option<&'static str>) {
        let place = match (self.branches.is_active(), self.shell_depth, self.is_in_kernel) {
            (Some(true), 0, true) => None,
            (Some(true), 0, false) => Some("is not certain to stand in the kernel's folder"),
            (Some(true), ..) => Some("stands in a branch or loop of the shell"),
            _ => Some("stands below a condition that is decided where the package is built"),
        };
        self.steps.push(Step { line, text: text.to_owned(), what, manner, doubt: place.or(doubt) });
    }
}

/// What the package's release says of the distribution that it was built on.
fn define_distribution(macros: &mut Macros, release: &str) {
    let number = |mark: &str| {
        let at = release.find(mark)? + mark.len();
        let end = release[at..].find(|c: char| !c.is_ascii_digit()).map_or(release.len(), |end| at + end);
        (end > at).then(|| release[at..end].to_owned())
    };
    let (fedora, rhel) = (number(".fc"), number(".el"));
    if fedora.is_none() && rhel.is_none() {
        return;
    }
    for (name, value) in [("fedora", fedora), ("rhel", rhel)] {
        macros.define(name, value.map_or(Value::Undefined, Value::Text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(spec: &str) -> Vec<(usize, What, usize)> {
        let recipe = recipe(spec.as_bytes(), Some("1.fc10"), 0).expect("is understood");
        assert_eq!(recipe.steps.iter().filter_map(|step| step.doubt).next(), None);
        recipe.steps.into_iter().map(|step| (step.line, step.what, step.manner.strip)).collect()
    }

    fn patch(name: &str) -> What {
        What::Patch(name.to_owned())
    }

    #[test]
    fn numbered_patches_are_applied_in_the_order_of_their_lines() {
        let spec = "Name: kernel\nVersion: 2.6.18\nPatch1: ftp://x/patch-%{version}.4.bz2\nPatch20: b.patch\n\
            Patch3: c.patch\n%prep\n%setup -q -n kernel -c\n%patch20 -p1 -b .orig\n#%patch3 -p1\n%patch -P 1 -p0\n\
            %{patch3} -p2 -R\n";
        let expected =
            [(8, patch("b.patch"), 1), (10, patch("patch-2.6.18.4.bz2"), 0), (11, patch("c.patch"), 2)];
        assert_eq!(steps(spec), expected);
        assert!(recipe(spec.as_bytes(), None, 0).expect("is understood").steps[2].manner.is_reverse);
    }

    #[test]
    fn automatic_macros_apply_all_that_is_declared() {
        let declared = "Patch1: a.patch\nPatch: b.patch\nPatch9: c.patch\n%prep\n";
        let all = [patch("a.patch"), patch("b.patch"), patch("c.patch")];
        let of = |lines: &str| {
            let steps = steps(&format!("{declared}{lines}"));
            steps.into_iter().map(|(_, what, _)| what).collect::<Vec<_>>()
        };
        assert_eq!(of("%autosetup -n linux -p1\n"), all);
        assert_eq!(of("%autosetup -N\n%autopatch -p1 -M 2\n"), all[..2]);
        assert_eq!(of("%setup -q\n"), []);
    }

    #[test]
    fn functions_of_fedoras_kernel_are_known_by_what_they_give_patch() {
        let spec = "%define patch_command 'patch -p1 -F1 -s'\n%define nopatches 0\n%if !%{nopatches}\nPatch1: a.patch\n\
            %endif\n%prep\nApplyPatch()\n{\n  case \"$patch\" in\n  *) $patch_command < x ;;\n  esac\n}\n\
            ApplyOptionalPatch()\n{\n  ApplyPatch $patch\n}\n%if !%{nopatches}\nApplyPatch a.patch\n\
            %if 0%{?rhel}\nApplyPatch never.patch\n%endif\nApplyOptionalPatch b.patch\n%endif\n";
        let optional = What::OptionalPatch("b.patch".to_owned());
        assert_eq!(steps(spec), [(18, patch("a.patch"), 1), (22, optional, 1)]);
        assert_eq!(
            recipe(spec.as_bytes(), Some("1.fc10"), 0).expect("is understood").steps[0].manner.max_fuzz,
            1
        );
    }

    #[test]
    fn doubts_are_told() {
        let of = |lines: &str| {
            let spec = format!("Patch1: a.patch\n%prep\n{lines}\n");
            recipe(spec.as_bytes(), None, 0).map(|recipe| recipe.steps[0].doubt.is_some())
        };
        assert_eq!(of("%ifarch ppc\n%patch1 -p1\n%endif"), Ok(true));
        assert_eq!(of("%if 0%{?rhel}\n%patch1 -p1\n%endif"), Ok(true));
        assert_eq!(of("if [ -d x ]; then\n%patch1 -p1\nfi"), Ok(true));
        assert_eq!(of("cd xen\n%patch1 -p1"), Ok(true));
        assert_eq!(of("if [ -d x ]; then rm x; fi\ncd linux-2.6\n%patch1 -p1"), Ok(false));
        for line in [
            "git am %{patches}",
            "%apply_patches",
            "patch -p1 < x",
            "%patch2 -p1",
            "%patch1 -d x",
            "%autosetup",
        ] {
            let refusal = of(line).expect_err(line);
            assert_eq!((refusal.line, refusal.text.as_str()), (3, line));
        }
    }
}
