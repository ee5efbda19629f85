//! The XML of CloudFormation's answers, as a tree. Pure.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

/// One element, with its text or its elements. Attributes and namespaces say nothing here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub text: String,
    pub elements: Vec<Element>,
}

impl Element {
    /// Reads a document.
    ///
    /// # Errors
    /// The text is no XML; the reason.
    pub(super) fn parse(text: &str) -> Result<Element, String> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Element::default()];
        loop {
            let event = reader
                .read_event()
                .map_err(|error| format!("no XML: {error}"))?;
            match event {
                Event::Start(start) => open.push(named(start.local_name().as_ref())),
                Event::Empty(start) => {
                    let element = named(start.local_name().as_ref());
                    last(&mut open).elements.push(element);
                }
                Event::End(_) => {
                    let element = open.pop().unwrap_or_default();
                    last(&mut open).elements.push(element);
                }
                Event::Text(text) => {
                    let text = text.xml10_content().map_err(|error| error.to_string())?;
                    last(&mut open).text += &text;
                }
                Event::CData(text) => {
                    let text = text.xml10_content().map_err(|error| error.to_string())?;
                    last(&mut open).text += &text;
                }
                Event::GeneralRef(reference) => last(&mut open).text += &resolved(&reference)?,
                Event::Eof => break,
                _ => {}
            }
        }
        // Of a document that is cut off, elements are still open.
        match (
            open.len(),
            open.pop().and_then(|mut top| top.elements.pop()),
        ) {
            (1, Some(root)) => Ok(root),
            _ => Err("no XML: it ends too early".to_owned()),
        }
    }

    /// The first element of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.name == name)
    }

    /// The text of the first element of this name.
    pub(super) fn text_of(&self, name: &str) -> Option<String> {
        self.get(name).map(|element| element.text.trim().to_owned())
    }

    /// The elements of a list: each is called `member`.
    pub(super) fn members(&self, name: &str) -> &[Element] {
        self.get(name)
            .map(|list| list.elements.as_slice())
            .unwrap_or_default()
    }
}

fn named(name: &[u8]) -> Element {
    Element {
        name: String::from_utf8_lossy(name).into_owned(),
        ..Element::default()
    }
}

/// The innermost open element; the first one is the document itself.
fn last(open: &mut Vec<Element>) -> &mut Element {
    if open.is_empty() {
        open.push(Element::default());
    }
    let index = open.len() - 1;
    &mut open[index]
}

/// `&lt;`, `&#10;`.
fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    let character = reference
        .resolve_char_ref()
        .map_err(|error| error.to_string())?;
    if let Some(character) = character {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|error| error.to_string())?;
    let known = resolve_predefined_entity(&name);
    known
        .map(ToOwned::to_owned)
        .ok_or_else(|| format!("no XML: &{name}; is unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_texts_and_references() {
        let text = "<?xml version=\"1.0\"?>\n<R xmlns=\"http://x/\">\n <L><member><A>1 &lt; 2&#10;&amp;</A></member>\
                    <member><A><![CDATA[<x>]]></A><B/></member></L></R>";
        let root = Element::parse(text).unwrap();
        let members = root.members("L");
        assert_eq!(members[0].text_of("A").unwrap(), "1 < 2\n&");
        assert_eq!(members[1].text_of("A").unwrap(), "<x>");
        assert_eq!(members[1].text_of("B").unwrap(), "");
        assert_eq!(members[1].text_of("C"), None);
        for wrong in ["", "no", "<a><b></a>", "<a>", "<a>&no;</a>"] {
            assert!(Element::parse(wrong).is_err(), "{wrong}");
        }
    }
}
