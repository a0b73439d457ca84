//! How many texts and parts a message has, before it is read: one of two bytes takes as much memory as a long one.

use std::collections::HashMap;
use std::sync::OnceLock;

use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FileDescriptorSet};
use tonic::Status;

use crate::v1::DESCRIPTORS;

/// Bytes that a text or part takes in memory beside its content.
const FIELD_BYTES: usize = 32;

/// How many times its own length a message may take in memory. Commit ids and paths take twice as much at most.
const MOST_GROWTH: usize = 8;

/// The messages in the fields of a message, by the fields' numbers.
type Parts = HashMap<u32, String>;

/// What messages consist of, by their names.
static MESSAGES: OnceLock<HashMap<String, Parts>> = OnceLock::new();

fn messages() -> &'static HashMap<String, Parts> {
    MESSAGES.get_or_init(|| {
        // The descriptors are made together with this program.
        let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default();
        let mut all = HashMap::new();
        for file in &files.file {
            for message in &file.message_type {
                add(&mut all, file.package(), message);
            }
        }
        all
    })
}

fn add(all: &mut HashMap<String, Parts>, scope: &str, message: &DescriptorProto) {
    let name = format!("{scope}.{}", message.name());
    for nested in &message.nested_type {
        add(all, &name, nested);
    }
    let has_message = |field: &&prost_types::FieldDescriptorProto| field.r#type() == Type::Message;
    let part = |field: &prost_types::FieldDescriptorProto| {
        (field.number() as u32, field.type_name().trim_start_matches('.').to_owned())
    };
    all.insert(name, message.field.iter().filter(has_message).map(part).collect());
}

/// Checks that the message `name` takes no more memory than its length justifies. What cannot be read is left to the
/// reader, who says what is wrong.
///
/// # Errors
/// RESOURCE_EXHAUSTED where it has too many texts and parts.
pub(crate) fn check_fields(name: &str, message: &[u8]) -> Result<(), Status> {
    let most = MOST_GROWTH * message.len() / FIELD_BYTES;
    let mut left = most;
    match count_down(name, message, &mut left) {
        Counted::TooMany => Err(Status::resource_exhausted(format!(
            "a message of {} bytes has more than {most} fields, of which most are empty; send what has content",
            message.len()
        ))),
        Counted::Whole | Counted::Unreadable => Ok(()),
    }
}

enum Counted {
    Whole,
    TooMany,
    Unreadable,
}

/// Takes the number of a message's texts and parts from `left`; numbers take no memory of their own.
fn count_down(name: &str, mut message: &[u8], left: &mut usize) -> Counted {
    let parts = messages().get(name);
    while !message.is_empty() {
        let Ok((number, wire_type)) = decode_key(&mut message) else { return Counted::Unreadable };
        let bytes = match wire_type {
            WireType::Varint => match decode_varint(&mut message) {
                Ok(_) => 0,
                Err(_) => return Counted::Unreadable,
            },
            WireType::ThirtyTwoBit => 4,
            WireType::SixtyFourBit => 8,
            WireType::LengthDelimited => match decode_varint(&mut message) {
                Ok(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
                Err(_) => return Counted::Unreadable,
            },
            WireType::StartGroup | WireType::EndGroup => return Counted::Unreadable,
        };
        let Some((content, rest)) = message.split_at_checked(bytes) else { return Counted::Unreadable };
        message = rest;
        if wire_type != WireType::LengthDelimited {
            continue;
        }
        let Some(fewer) = left.checked_sub(1) else { return Counted::TooMany };
        *left = fewer;
        if let Some(part) = parts.and_then(|parts| parts.get(&number)) {
            match count_down(part, content, left) {
                Counted::Whole => {}
                other => return other,
            }
        }
    }
    Counted::Whole
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::v1::attribute_request::Part;
    use crate::v1::{AttributeOptions, AttributeRequest, FileDiff, FilePaths, FilesAsBefore, LookupRequest};

    const ATTRIBUTE: &str = "hunktrace.v1.AttributeRequest";

    fn check(part: Part) -> Result<(), Code> {
        let message = AttributeRequest { part: Some(part) }.encode_to_vec();
        check_fields(ATTRIBUTE, &message).map_err(|status| status.code())
    }

    fn excluding(commit: &str) -> Part {
        let excluded = vec![commit.to_owned(); 10_000];
        Part::Options(AttributeOptions { excluded, ..AttributeOptions::default() })
    }

    fn as_before(path: &[u8]) -> Part {
        let file = FilePaths { path: path.to_vec(), old_path: path.to_vec() };
        Part::AsBefore(FilesAsBefore { files: vec![file; 10_000] })
    }

    #[test]
    fn messages_of_nothing_but_empty_fields_are_refused() {
        for part in [excluding(""), excluding("x"), as_before(b""), as_before(b"x")] {
            assert_eq!(check(part), Err(Code::ResourceExhausted));
        }
    }

    #[test]
    fn messages_with_content_are_not() {
        let hunks = b"@@ -1 +1 @@\n-a\n+b\n".repeat(1_000);
        let file = FileDiff { path: b"x".to_vec(), old_path: b"x".to_vec(), hunks };
        for part in [excluding(&"0123456789".repeat(4)), as_before(b"lib/a.c"), Part::File(file)] {
            assert_eq!(check(part), Ok(()));
        }
        let request = LookupRequest { text: vec![0; 100_000], ..LookupRequest::default() };
        assert!(check_fields("hunktrace.v1.LookupRequest", &request.encode_to_vec()).is_ok());
    }

    #[test]
    fn empty_fields_that_nobody_knows_count_as_well() {
        // Field 1000 with nothing in it.
        assert!(check_fields(ATTRIBUTE, &[0xc2, 0x3e, 0].repeat(10_000)).is_err());
    }

    #[test]
    fn what_is_no_message_is_left_to_its_reader() {
        for message in [&[0x0a, 0xff][..], &[0x0b, 0x0b], &[0xff; 20], &[0x0d, 1]] {
            assert!(check_fields(ATTRIBUTE, message).is_ok(), "{message:?}");
        }
    }

    #[test]
    fn every_message_of_the_contract_is_known() {
        let all = messages();
        assert!(all.contains_key(ATTRIBUTE) && all.len() > 50, "{}", all.len());
        assert!(all.values().flat_map(Parts::values).all(|part| all.contains_key(part)));
    }
}
