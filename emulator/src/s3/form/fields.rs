//! The fields of a posted form, in front of its file. Pure.

/// The placeholder for the file's name, in any field.
const FILENAME: &str = "${filename}";

/// Fields by their lower-case names. The last of several fields of one name counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FormFields(Vec<FormField>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct FormField {
    name: String,
    /// The name as the form writes it.
    shown: String,
    value: String,
}

impl FormFields {
    pub(super) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> FormFields {
        let mut fields = FormFields::default();
        for (shown, value) in pairs {
            let name = shown.to_ascii_lowercase();
            fields.0.retain(|field| field.name != name);
            fields.0.push(FormField { name, shown, value });
        }
        fields
    }

    /// The value of a field, by its lower-case name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.value.as_str())
    }

    /// The value of a field, unless it is empty.
    pub(super) fn said(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The name of a field as the form writes it.
    pub(super) fn shown(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.shown.as_str())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|field| field.name.as_str())
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|field| (field.name.as_str(), field.value.as_str()))
    }

    /// Replaces the placeholder by the file's name. Of a path, which some browsers send, the last
    /// part counts.
    #[must_use]
    pub(super) fn with_filename(mut self, path: &str) -> FormFields {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        for field in self.0.iter_mut().filter(|field| field.name != "policy") {
            field.value = field.value.replace(FILENAME, name);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_the_file_has_a_name() {
        let pairs = [
            ("Key", "up/${filename}"),
            ("x-amz-meta-a", "1"),
            ("X-Amz-Meta-A", "2"),
            ("policy", "${filename}"),
        ];
        let fields =
            FormFields::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let fields = fields.with_filename("C:\\pictures\\photo.png");
        assert_eq!(fields.get("key"), Some("up/photo.png"));
        assert_eq!(
            (fields.get("x-amz-meta-a"), fields.shown("x-amz-meta-a")),
            (Some("2"), Some("X-Amz-Meta-A"))
        );
        assert_eq!(fields.get("policy"), Some("${filename}"));
        assert_eq!(fields.names().count(), 3);
    }
}
