use super::*;

fn annotation(id: &str, revision: u16) -> Annotation {
    Annotation {
        id: id.to_owned(),
        question: "q".to_owned(),
        answer: "a".to_owned(),
        hit_count: 0,
        account_id: None,
        account_name: String::new(),
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
        revision,
        indexed: None,
    }
}

#[test]
fn a_row_leads_back_to_its_annotation() {
    let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    for revision in [0, 1, 0xfffe] {
        let group = annotation(id, revision).group().unwrap();
        let (prefix, found) = of_row(RowId { group, position: 0 }).unwrap();
        assert!(key(id).starts_with(&prefix), "{prefix}");
        assert_eq!(found, revision);
    }
    assert_ne!(annotation(id, 0).group(), annotation(id, 1).group());
    assert_eq!(annotation("short", 0).group(), None);
}

#[test]
fn texts_are_checked() {
    assert_eq!(
        check(" q\0 ", "a\n").unwrap(),
        ("q".to_owned(), "a".to_owned())
    );
    for (question, answer, param) in [
        ("", "a", "question"),
        (" \0", "a", "question"),
        ("q", "", "answer"),
        ("q", &"x".repeat(MAX_TEXT + 1), "answer"),
    ] {
        assert_eq!(check(question, answer).unwrap_err().param(), Some(param));
    }
}
