#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hunktrace_tests::fuzzing::tar(input));
