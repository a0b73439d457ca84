//! Writes a document back as the text that it was read from.

use std::io::{self, Write};

use bstr::ByteSlice;

use super::document::{FilePatch, Patch, PatchHunk, PatchText};

impl PatchText {
    /// Writes the text: for a document from [`parse`](super::parse), the input byte for byte.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for patch in &self.patches {
            patch.write(out)?;
        }
        Ok(())
    }
}

impl Patch {
    /// Writes the patch alone: for a parsed patch, its span of the input byte for byte.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(raw) = &self.raw_text {
            return out.write_all(raw);
        }
        out.write_all(&self.preamble)?;
        if let Some(body) = &self.encoded_body {
            return out.write_all(body);
        }
        for file in &self.files {
            file.write(out)?;
            out.write_all(&file.trailer)?;
        }
        Ok(())
    }
}

impl FilePatch {
    /// Writes the file's diff: header and hunks, without the trailer.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.header)?;
        for hunk in &self.hunks {
            hunk.write(out)?;
            out.write_all(&hunk.after)?;
        }
        Ok(())
    }
}

impl PatchHunk {
    /// Writes the hunk: header and body.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(raw) = &self.raw_text {
            return out.write_all(raw);
        }
        match &self.raw_header {
            Some(raw) => out.write_all(raw)?,
            None => write_lines(out, &self.hunk.header(), self.is_crlf)?,
        }
        let body: &[u8] = &self.hunk.body;
        if !self.is_unterminated {
            return write_lines(out, body, self.is_crlf);
        }
        let body = body.strip_suffix(b"\n").unwrap_or(body);
        let last_line = body.rfind_byte(b'\n').map_or(0, |newline| newline + 1);
        write_lines(out, &body[..last_line], self.is_crlf)?;
        out.write_all(&body[last_line..])
    }
}

/// Writes lines that end in LF, with CRLF if asked to.
fn write_lines(out: &mut impl Write, lines: &[u8], is_crlf: bool) -> io::Result<()> {
    if !is_crlf {
        return out.write_all(lines);
    }
    for line in lines.lines_with_terminator() {
        match line.strip_suffix(b"\n") {
            Some(content) => {
                out.write_all(content)?;
                out.write_all(b"\r\n")?;
            }
            None => out.write_all(line)?,
        }
    }
    Ok(())
}
