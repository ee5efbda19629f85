//! Texts that mean harm while they are read. Templates that do so while they are rendered are in
//! `bounds.rs`.

use gateway::mapping::{Context, Input, Parameters, render};
use gateway::vtl::{Error, ErrorKind, Template};
use indexmap::IndexMap;

#[track_caller]
fn fails(template: &str, body: &str) -> Error {
    let input = Input {
        body,
        parameters: &Parameters::default(),
    };
    let rendered = Template::parse("hostile", template)
        .and_then(|template| render(&template, &input, &IndexMap::new(), &mut Context::default()));
    match rendered {
        Ok(output) => panic!("{:.60}… printed {} bytes", template, output.len()),
        Err(error) => error,
    }
}

#[test]
fn depth_is_bounded_while_reading() {
    for (start, opening) in [
        ("", "#if(true)"),
        ("", "#foreach($i in $l)"),
        ("", "#@m()"),
        ("#set($x=", "("),
        ("#set($x=", "!"),
        ("#set($x=", "["),
        ("#set($x=", "{1:"),
        ("", "$a.b("),
        ("", "$a[$b[$c["),
        ("#m(", "["),
    ] {
        let error = fails(&format!("{start}{}", opening.repeat(3_000)), "");
        assert_eq!(error.kind, ErrorKind::Limit, "{opening}: {error}");
    }
    // Strings in strings double their quotes: the sixth level has 64 of them.
    let nested = (0..12).fold("x".to_owned(), |inner, _| {
        format!("#set($x=\"{}\")", inner.replace('"', "\"\""))
    });
    assert!(Template::parse("hostile", &nested).is_ok());
}

#[test]
fn the_stack_of_a_small_thread_is_enough() {
    let bodies = "#if(true)".repeat(50) + "#m()" + &"#end".repeat(50);
    let expressions = "#set($x = ".to_owned() + &"(!".repeat(30) + "$y" + &")".repeat(30) + ")";
    let calls = "#macro(m $a)#set($l = [[[[$a.get($a.get($a.get($a)))]]]])#m(\"$a$a\")#end#m([1])"
        .to_owned();
    let templates = [format!("#macro(m){bodies}#end#m()"), expressions, calls];
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let thread = small.spawn(move || {
        for template in &templates {
            let input = Input {
                body: "",
                parameters: &Parameters::default(),
            };
            if let Ok(template) = Template::parse("deep", template) {
                let rendered = render(&template, &input, &IndexMap::new(), &mut Context::default());
                assert!(
                    rendered.is_ok() || rendered.is_err_and(|error| error.kind == ErrorKind::Limit)
                );
            }
        }
    });
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn a_body_nested_too_deeply_is_an_error() {
    let body = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(
        fails("$input.json('$')", &body)
            .message
            .contains("too many levels")
    );
}

#[test]
fn a_template_larger_than_300_kb_is_refused() {
    let error = fails(&"x".repeat(300 * 1024 + 1), "");
    assert_eq!((error.kind, error.line), (ErrorKind::Limit, 1));
    assert!(Template::parse("large", &"x".repeat(300 * 1024)).is_ok());
}

#[test]
fn long_runs_of_one_character_are_read_in_one_pass() {
    // Quadratic work here would take minutes.
    for run in [
        "\\", "$", "#", "$a", "$5", "\\#", "{", " #", "$!", "##\\", "#*\\", "#[[\\", "$a.b", "#a ",
        "\\\\$", "\"", "\n#x(",
    ] {
        let template = run.repeat(300 * 1024 / run.len());
        let _ = Template::parse("run", &template);
    }
}
