//! The figures as text, beside what they should be.

use super::BODY;
use super::bar::Bar;

/// The least ratios to the bare server, with at least so many connections; and the most calls.
const MOCK: f64 = 0.5;
const DURABLE: (usize, f64, f64) = (64, 0.25, 0.2);
/// The most milliseconds that the gateway adds at one connection.
const ADDED: f64 = 0.25;

/// Prints the four bars of a number of connections. `calls` is SQS calls a message, `own` the
/// gateway's part of the CPU time of a message that goes through.
pub fn print(connections: usize, [bare, mock, through, plain]: [&Bar; 4], calls: f64, own: f64) {
    println!("\n{connections} connections, {BODY} bytes a message");
    let show = |name: &str, bar: &Bar, verdict: &str| {
        println!(
            "{name:<18} {:>7.0} /s   median {:>7.3} ms   99% {:>7.3} ms   {:>5.1} µs CPU ({:>4.1})   {verdict}",
            bar.rate,
            bar.median,
            bar.slow,
            bar.cpu * 1e6,
            bar.cpu / bare.cpu,
        );
    };
    show("bare HTTP server", bare, "");
    show("MOCK", mock, &least(mock.rate / bare.rate, MOCK, "of bare"));
    let ratio = through.rate / bare.rate;
    let (from, least_ratio, most_calls) = DURABLE;
    if connections < from {
        show("through, durable", through, &format!("{ratio:.3} of bare"));
        println!("{calls:>40.2} SQS calls a message");
    } else {
        let verdict = least(ratio, least_ratio, "of bare");
        show("through, durable", through, &verdict);
        println!("{:>40}", most(calls, most_calls, "SQS calls a message"));
    }
    println!(
        "{:>40.1} µs of the CPU time is the gateway's ({:.1})",
        own * 1e6,
        own / bare.cpu
    );
    let verdict = format!("through: {:.2} of it", through.rate / plain.rate);
    show("plain SendMessage", plain, &verdict);
    if connections == 1 {
        let added = through.median - plain.median;
        println!("{:>40}", most(added, ADDED, "ms added at the median"));
    }
}

/// A ratio beside the least that it should be.
fn least(ratio: f64, target: f64, of: &str) -> String {
    let word = if ratio >= target {
        "at least"
    } else {
        "MISSED:"
    };
    format!("{ratio:.3} {of} ({word} {target})")
}

/// A figure beside the most that it should be.
fn most(figure: f64, target: f64, of: &str) -> String {
    let word = if figure <= target {
        "at most"
    } else {
        "MISSED:"
    };
    format!("{figure:.2} {of} ({word} {target})")
}
