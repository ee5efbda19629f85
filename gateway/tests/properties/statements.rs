//! Statements and expressions that are well formed, or nearly.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::pieces::PIECES;

/// Statements that put lists, maps and what maps show into one another, as items, values and keys.
pub fn container() -> impl Strategy<Value = String> {
    let holder = || select(&["$l", "$m", "$n", "$e", "$v", "$a"][..]);
    let value = prop_oneof![
        holder().prop_map(str::to_owned),
        holder().prop_map(|holder| format!("{holder}.keySet()")),
        holder().prop_map(|holder| format!("{holder}.values()")),
        holder().prop_map(|holder| format!("{holder}.entrySet()")),
        holder().prop_map(|holder| format!("{holder}.iterator()")),
        holder().prop_map(|holder| format!("$input.path('$.{}')", &holder[1..])),
        select(&["1", "0.5", "99999999999999999999", "'x'", "{}", "true"][..])
            .prop_map(str::to_owned),
    ];
    let method = select(
        &[
            "put",
            "add",
            "remove",
            "get",
            "contains",
            "containsKey",
            "equals",
            "addAll",
            "putAll",
            "retainAll",
            "removeAll",
            "replace",
            "setValue",
            "indexOf",
            "compareTo",
        ][..],
    );
    prop_oneof![
        (holder(), value.clone()).prop_map(|(holder, value)| format!("#set({holder} = {value})")),
        (holder(), value.clone(), value.clone())
            .prop_map(|(holder, key, item)| format!("#set({holder} = {{{key} : {item}}})")),
        (holder(), value.clone())
            .prop_map(|(holder, item)| format!("#set({holder} = [{item}, 1])")),
        (holder(), holder(), value.clone())
            .prop_map(|(holder, key, item)| format!("#set({holder}[{key}] = {item})")),
        (holder(), method.clone(), value.clone())
            .prop_map(|(holder, method, value)| format!("{holder}.{method}({value})")),
        (holder(), method, value.clone(), value.clone())
            .prop_map(|(holder, method, one, two)| format!("{holder}.{method}({one}, {two})")),
        (value.clone(), holder())
            .prop_map(|(list, print)| format!("#foreach($e in {list}){print}#end")),
        (value.clone(), value).prop_map(|(one, two)| format!(
            "#set($x = {one})#set($y = {two})#if($x == $y)$x.hashCode()#end"
        )),
    ]
}

/// A statement that is well formed, or nearly.
pub fn statement() -> impl Strategy<Value = String> {
    let leaf = select(PIECES).prop_map(str::to_owned);
    leaf.prop_recursive(5, 64, 4, |inner| {
        let body = vec(inner, 0..4).prop_map(|statements| statements.concat());
        let expression = expression();
        prop_oneof![
            (expression.clone(), body.clone())
                .prop_map(|(condition, body)| format!("#if({condition}){body}#end")),
            (expression.clone(), body.clone(), body.clone()).prop_map(
                |(condition, yes, no)| format!("#if({condition})\n{yes}#else\n{no}#end\n")
            ),
            (expression.clone(), body.clone())
                .prop_map(|(list, body)| format!("#foreach($i in [{list}]){body}#end")),
            expression.prop_map(|value| format!("#set($a = {value})")),
            body.clone()
                .prop_map(|body| format!("#define($d){body}#end$d")),
            body.clone()
                .prop_map(|body| format!("#macro(f $p){body}#end#f($a)#@f(1)x#end")),
            body.prop_map(|body| format!("#set($s = \"{}\")$s", body.replace('"', "\"\""))),
        ]
    })
}

fn expression() -> impl Strategy<Value = String> + Clone {
    let leaf = select(
        &[
            "$a",
            "$i",
            "$l",
            "$m.k",
            "1",
            "-2",
            "1.5",
            "'x'",
            "\"$a\"",
            "true",
            "[1, $a]",
            "{'k' : 1}",
        ][..],
    );
    let operator = select(
        &[
            "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||",
        ][..],
    );
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 32, 2, move |inner| {
            prop_oneof![
                (inner.clone(), operator.clone(), inner.clone())
                    .prop_map(|(one, op, two)| format!("{one} {op} {two}")),
                inner.clone().prop_map(|inner| format!("!({inner})")),
                inner.prop_map(|inner| format!("({inner})")),
            ]
        })
}
