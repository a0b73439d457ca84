//! The options of the commands that apply patches.

/// Options of `%patch`, `%autopatch`, `%autosetup` and patch itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub strip: Option<usize>,
    pub fuzz: Option<usize>,
    pub is_reverse: bool,
    pub is_without_patches: bool,
    pub least: Option<u32>,
    pub most: Option<u32>,
    pub numbers: Vec<u32>,
}

impl Options {
    /// Reads options; what is not known is an error, because it may change what is applied.
    pub fn read(text: &str, command: &str) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            if let Ok(number) = word.parse() {
                options.numbers.push(number);
                continue;
            }
            if word.starts_with('#') || word == "||:" {
                break;
            }
            if let Some(fuzz) = word.strip_prefix("--fuzz=") {
                options.fuzz =
                    Some(fuzz.parse().map_err(|_| format!("has the option {word}, which is no number"))?);
                continue;
            }
            let unknown = || format!("has the option {word}, which is not understood");
            let letter = word.strip_prefix('-').and_then(|rest| rest.chars().next()).ok_or_else(unknown)?;
            let takes_value = match command {
                "%autosetup" => "pnabSmM",
                "%patch" => "pPFbz",
                _ => "pFmM",
            };
            let value = match &word[2..] {
                "" if takes_value.contains(letter) => words.next().ok_or_else(unknown)?,
                rest => rest,
            };
            match letter {
                'p' => options.strip = Some(value.parse().map_err(|_| unknown())?),
                'F' => options.fuzz = Some(value.parse().map_err(|_| unknown())?),
                'P' if command == "%patch" => options.numbers.push(value.parse().map_err(|_| unknown())?),
                'm' => options.least = Some(value.parse().map_err(|_| unknown())?),
                'M' => options.most = Some(value.parse().map_err(|_| unknown())?),
                'R' => options.is_reverse = true,
                'N' if command == "%autosetup" => options.is_without_patches = true,
                // How backups are named, how much is printed, what becomes of empty files, what is unpacked.
                'b' | 'z' | 's' | 'q' | 'v' | 'E' | 'f' | 't' | 'u' | '-' => {}
                'n' | 'a' | 'S' | 'c' | 'D' | 'T' | 'C' if command == "%autosetup" => {}
                _ => return Err(unknown()),
            }
        }
        Ok(options)
    }
}
