//! What stands in addresses and forms.

/// The names and values of a query or form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(pub Vec<(String, String)>);

impl Query {
    /// Reads a query, or the body of a form.
    pub fn read(text: &[u8]) -> Query {
        Query(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The value of a name, without blanks around; empty where there is none.
    pub fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// The number of a name; 1 where there is none.
    pub fn page(&self) -> usize {
        self.value("page").parse().ok().filter(|page| *page > 0).unwrap_or(1)
    }
}

/// A query of these names and values; those without a value are left out.
pub fn query_of(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    query.finish()
}
