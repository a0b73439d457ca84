//! What programs may ask of these pages, as an OpenAPI document: made from the models of the pages, so it cannot say anything
//! else than what is sent.

use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    PathsBuilder, Ref, RefOr, Required, ResponseBuilder, ResponsesBuilder, Schema, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::failure::Failure;
use crate::view::answer::AnswerView;
use crate::view::changes::{ChangesView, CompareView};
use crate::view::commit::CommitView;
use crate::view::file::FileView;
use crate::view::history::HistoryView;
use crate::view::missing::MissingView;
use crate::view::release::{ChangelogView, CommitsView, FolderView, OwnView, ReleaseView};
use crate::view::releases::ReleasesView;
use crate::view::search::SearchView;
use crate::view::start::StartView;
use crate::view::vendor_commit::VendorCommitView;

/// A kind of page.
struct Kind {
    path: &'static str,
    summary: &'static str,
    /// What stands in the path, and in the query.
    parameters: &'static [(&'static str, &'static str)],
    /// Its name among the schemas.
    schema: String,
    /// The schema, and those that it refers to.
    schemas: Vec<(String, RefOr<Schema>)>,
}

/// A part of a path that every page of a release has.
const VENDOR: (&str, &str) = ("vendor", "The vendor, as the catalogue has it");
const RELEASE: (&str, &str) = ("release", "The release, as the catalogue has it");

fn kind<T: ToSchema>(
    path: &'static str,
    summary: &'static str,
    parameters: &'static [(&'static str, &'static str)],
) -> Kind {
    let schema = T::name().into_owned();
    let mut schemas = vec![(schema.clone(), T::schema())];
    T::schemas(&mut schemas);
    Kind { path, summary, parameters, schema, schemas }
}

fn kinds() -> Vec<Kind> {
    vec![
        kind::<StartView>("/index.json", "What is there to be asked", &[]),
        kind::<AnswerView>(
            "/answer.json",
            "The origins of a text",
            &[
                ("text", "The text: compressed with zstd, then in base64url without padding"),
                ("kept", "A text that the server keeps, as POST /ask has named it"),
            ],
        ),
        kind::<CommitView>(
            "/commit/{commit}.json",
            "What is known of a commit",
            &[("commit", "Its id, or the beginning of it")],
        ),
        kind::<ReleasesView>("/releases.json", "All vendor releases", &[]),
        kind::<ReleaseView>("/release/{vendor}/{release}/index.json", "A release", &[VENDOR, RELEASE]),
        kind::<FolderView>(
            "/release/{vendor}/{release}/folder/{path}.json",
            "A folder of a release",
            &[
                VENDOR,
                RELEASE,
                (
                    "path",
                    "Its path; every byte but letters, digits and ._,+=@-/ is ~ and two hexadecimal digits",
                ),
            ],
        ),
        kind::<FileView>(
            "/release/{vendor}/{release}/file/{path}.json",
            "A file of a release, line by line",
            &[
                VENDOR,
                RELEASE,
                ("path", "Its path, encoded as that of a folder; ~pN behind it is its Nth page"),
            ],
        ),
        kind::<CommitsView>(
            "/release/{vendor}/{release}/commits.json",
            "The commits of a release",
            &[VENDOR, RELEASE],
        ),
        kind::<OwnView>(
            "/release/{vendor}/{release}/own.json",
            "The files with lines of the vendor's own",
            &[VENDOR, RELEASE],
        ),
        kind::<ChangesView>(
            "/release/{vendor}/{release}/changes.json",
            "What is new since the release before",
            &[VENDOR, RELEASE],
        ),
        kind::<ChangelogView>(
            "/release/{vendor}/{release}/changelog.json",
            "Where changelog and code disagree",
            &[VENDOR, RELEASE],
        ),
        kind::<MissingView>(
            "/release/{vendor}/{release}/missing.json",
            "Missing fixes and known vulnerabilities",
            &[VENDOR, RELEASE],
        ),
        kind::<VendorCommitView>(
            "/release/{vendor}/{release}/commit/{commit}.json",
            "The vendor's form of a commit that came with a release",
            &[VENDOR, RELEASE, ("commit", "Its id")],
        ),
        kind::<HistoryView>(
            "/history.json",
            "The history of a file, a function or a CVE",
            &[
                ("name", "A path, PATH:FUNCTION, :FUNCTION or a CVE id"),
                ("page", "The page of the list, from 1"),
            ],
        ),
        kind::<CompareView>(
            "/compare.json",
            "What differs between two releases",
            &[
                ("from", "The release before"),
                ("to", "The release after"),
                ("path", "Only this file or folder"),
                ("function", "Only this function"),
                ("trace", "A call trace: only what changes files with its functions"),
                ("page", "The page of the list, from 1"),
            ],
        ),
        kind::<SearchView>(
            "/search.json",
            "Commits, files and functions by words",
            &[("words", "Words, with s:, a:, dfn:, dfhh:, dfpre: and dfpost: or without")],
        ),
    ]
}

/// The document.
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut components = ComponentsBuilder::new();
    components = components.schema(Failure::name(), Failure::schema());
    for kind in kinds() {
        paths = paths.path(kind.path, PathItem::new(HttpMethod::Get, operation(&kind)));
        components = components.schemas_from_iter(kind.schemas);
    }
    let version = env!("CARGO_PKG_VERSION");
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("hunktrace")
                .version(version)
                .description(Some("The JSON twins of all pages. Each is also had from the page's own address with 'Accept: application/json'. POST /ask takes a text as its body and leads to the page that answers it."))
                .build(),
        )
        .paths(paths.build())
        .components(Some(components.build()))
        .build()
}

fn operation(kind: &Kind) -> Operation {
    let text = || Schema::Object(ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).build());
    let mut operation = OperationBuilder::new().summary(Some(kind.summary));
    for (name, description) in kind.parameters {
        let is_in_path = kind.path.contains(&format!("{{{name}}}"));
        let parameter = ParameterBuilder::new()
            .name(*name)
            .description(Some(*description))
            .parameter_in(if is_in_path { ParameterIn::Path } else { ParameterIn::Query })
            .required(if is_in_path { Required::True } else { Required::False })
            .schema(Some(text()));
        operation = operation.parameter(parameter.build());
    }
    let content =
        |schema: &str| ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name(schema)))).build();
    let response = |description: &str, schema: &str| {
        ResponseBuilder::new().description(description).content("application/json", content(schema)).build()
    };
    operation
        .responses(
            ResponsesBuilder::new()
                .response("200", response(kind.summary, &kind.schema))
                .response("default", response("Why there is no answer", &Failure::name()))
                .build(),
        )
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Form, Place};

    #[test]
    fn every_path_is_that_of_a_page() {
        for kind in kinds() {
            let path = kind.path.replace(['{', '}'], "");
            let read = Place::read(&path);
            assert!(matches!(read, Some((_, Some(Form::Json)))), "{path}: {read:?}");
        }
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = serde_json::to_value(document()).expect("a document");
        let schemas = &document["components"]["schemas"];
        let text = document.to_string();
        let names: Vec<&str> = text
            .split("\"#/components/schemas/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap_or_default())
            .collect();
        assert!(names.len() > kinds().len());
        for name in names {
            assert!(schemas[name].is_object(), "{name} has no schema");
        }
    }
}
