//! Numbers, addresses and how they are confused.

use super::*;

#[test]
fn text_that_is_an_address_matches_its_other_spellings() {
    check(r#"{"ip":["::1"]}"#, r#"{"ip":"0:0:0:0:0:0:0:1"}"#, true);
    check(
        r#"{"ip":[{"exactly":"::1"}]}"#,
        r#"{"ip":"0:0:0:0:0:0:0:1"}"#,
        false,
    );
}

#[test]
fn numbers_pass_for_addresses_unless_the_field_compares_numbers() {
    check(r#"{"ip":[{"cidr":"0.0.0.0/0"}]}"#, r#"{"ip":300.0}"#, true);
    check(r#"{"ip":[{"cidr":"::/0"}]}"#, r#"{"ip":300.0}"#, true);
    check(
        r#"{"ip":[{"cidr":"10.0.0.0/8"}]}"#,
        r#"{"ip":300.0}"#,
        false,
    );
    check(
        r#"{"ip":[{"cidr":"0.0.0.0/0"},1]}"#,
        r#"{"ip":300.0}"#,
        false,
    );
    check(
        r#"{"ip":[{"cidr":"0.0.0.0/0"},1]}"#,
        r#"{"ip":3000000000000}"#,
        true,
    );
    check(r#"{"ip":["48.0.0.1"]}"#, r#"{"ip":30000001}"#, true);
    check(r#"{"ip":[{"cidr":"0.0.0.0/0"}]}"#, r#"{"ip":true}"#, false);
}

#[test]
fn numbers_beyond_what_is_compared_match_their_own_spelling() {
    check(r#"{"n":[1000000000000]}"#, r#"{"n":1000000000000}"#, true);
    check(r#"{"n":[1000000000000]}"#, r#"{"n":1e12}"#, false);
    check(r#"{"n":[0.1234567]}"#, r#"{"n":0.1234567}"#, true);
    check(r#"{"n":[0.1234567]}"#, r#"{"n":0.12345670}"#, false);
    check(
        r#"{"n":[{"numeric":[">",0]}]}"#,
        r#"{"n":0.1234567}"#,
        false,
    );
    check(
        r#"{"n":[{"anything-but":0.123456}]}"#,
        r#"{"n":0.1234560001}"#,
        true,
    );
    refused(
        r#"{"n":[{"numeric":[">",0.1234567]}]}"#,
        "Only values upto 6 decimals are supported",
    );
    refused(
        r#"{"n":[{"numeric":[">",1e12]}]}"#,
        "Value must be between -5.0E11 and 5.0E11, inclusive",
    );
}
