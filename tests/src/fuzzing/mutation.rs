//! Inputs made from other inputs, the same ones on every machine.

use fastrand::Rng;

/// An input grows to this many bytes at most.
const MAX_BYTES: usize = 1 << 16;

/// Bytes and texts that readers decide by.
const TOKENS: [&[u8]; 16] = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\x80",
    b"\n",
    b"@@ -1,3 +1,3 @@\n",
    b"@@ -0,0 +1 @@\n",
    b"--- a/x\n+++ b/x\n",
    b"diff --git a/x b/x\n",
    b"GIT binary patch\nliteral 5\n",
    b"\\ No newline at end of file\n",
    b"From a Mon Sep 17 00:00:00 2001\n",
    b"Content-Transfer-Encoding: base64\n\n",
    b"=?utf-8?q?=",
    b"070701",
    b"99999999999999999999",
];

/// Makes inputs from kept ones.
pub struct Mutator {
    random: Rng,
    inputs: Vec<Vec<u8>>,
}

impl Mutator {
    /// Begins with these inputs, and goes the way that a seed says.
    pub fn new(inputs: Vec<Vec<u8>>, seed: u64) -> Mutator {
        Mutator { random: Rng::with_seed(seed), inputs }
    }

    /// The next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.any_kept();
        for _ in 0..self.random.usize(1..6) {
            self.change(&mut input);
        }
        input.truncate(MAX_BYTES);
        input
    }

    fn any_kept(&mut self) -> Vec<u8> {
        self.random.choice(&self.inputs).cloned().unwrap_or_default()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.usize(..=input.len());
        let len = self.random.usize(..=(input.len() - at).min(64));
        match self.random.u8(..8) {
            0 if at < input.len() => input[at] ^= 1 << self.random.u8(..8),
            1 if at < input.len() => input[at] = self.random.u8(..),
            2 => input.truncate(at),
            3 => drop(input.drain(at..at + len)),
            4 => {
                let part = input[at..at + len].to_vec();
                input.splice(at..at, part);
            }
            5 => {
                let token = self.random.choice(TOKENS).unwrap_or_default();
                input.splice(at..at, token.iter().copied());
            }
            6 => {
                let other = self.any_kept();
                let from = self.random.usize(..=other.len());
                input.splice(at..at + len, other[from..].iter().copied().take(256));
            }
            _ if at + 4 <= input.len() => {
                let near = self.random.u32(..300).wrapping_sub(20);
                input[at..at + 4].copy_from_slice(&near.to_le_bytes());
            }
            _ => {}
        }
    }
}
