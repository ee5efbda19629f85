use super::*;

#[track_caller]
fn check(allowed: &[&str], host: &str, port: u16, address: &str, expected: bool) {
    let targets = AllowTargets::new(allowed.iter().map(|text| text.parse().expect("valid")));
    assert_eq!(
        targets.permit(host, port, address.parse().unwrap()),
        expected,
        "{allowed:?} {host}:{port} {address}"
    );
}

#[test]
fn special_addresses_need_permission() {
    for address in [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ] {
        check(&[], "x", 443, address, true);
    }
    for address in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "198.18.0.1",
        "168.63.129.16",
    ] {
        check(&[], "x", 443, address, false);
    }
}

#[test]
fn permission_is_by_name_network_and_port() {
    check(&["sub"], "SUB", 3001, "172.18.0.5", true);
    check(&["sub"], "other", 3001, "172.18.0.5", false);
    check(&["127.0.0.1:3001"], "localhost", 3001, "127.0.0.1", true);
    check(&["127.0.0.1:3001"], "localhost", 3002, "127.0.0.1", false);
    check(&["10.0.0.0/8"], "x", 80, "10.200.0.1", true);
    check(&["10.0.0.0/8"], "x", 80, "11.0.0.1", true);
    check(&["10.0.0.0/8"], "x", 80, "192.168.0.1", false);
    check(&["10.0.0.0/8"], "x", 80, "::ffff:10.0.0.1", true);
    check(&["[::1]:80"], "x", 80, "::1", true);
    check(&["fd00::/8"], "x", 80, "fd12::1", true);
    check(&["0.0.0.0/0"], "x", 80, "127.0.0.1", true);
}

#[test]
fn a_network_of_mapped_addresses_is_the_ipv4_network_and_no_more() {
    for allowed in [
        "::ffff:10.0.0.1",
        "::ffff:a00:1/128",
        "[::ffff:10.0.0.1]:80",
    ] {
        check(&[allowed], "x", 80, "10.0.0.1", true);
        check(&[allowed], "x", 80, "::ffff:10.0.0.1", true);
        check(&[allowed], "x", 80, "10.0.0.2", false);
        check(&[allowed], "x", 80, "169.254.169.254", false);
    }
    check(&["::ffff:10.0.0.0/104"], "x", 80, "10.9.9.9", true);
    check(&["::ffff:10.0.0.0/104"], "x", 80, "127.0.0.1", false);
    check(&["::ffff:10.0.0.0/104"], "x", 80, "::1", false);
    check(&["::ffff:0:0/96"], "x", 80, "127.0.0.1", true);
}

#[test]
fn anywhere_is_anywhere() {
    for address in ["127.0.0.1", "169.254.169.254", "::1", "fe80::1"] {
        assert!(
            AllowTargets::anywhere().permit("x", 80, address.parse().unwrap()),
            "{address}"
        );
    }
}

#[test]
fn a_private_url_is_known_without_a_look_up() {
    let refuse = |allowed: &[&str], url: &str| {
        let targets = AllowTargets::new(allowed.iter().map(|text| text.parse().expect("valid")));
        targets.refuse(&url.parse().expect("a URL"))
    };
    for url in [
        "http://127.0.0.1:9/x",
        "http://localhost/x",
        "https://LocalHost./",
        "http://app.localhost:3000",
        "http://10.0.0.1",
        "http://[::1]:80/",
        "http://[fe80::1]/",
        "http://169.254.169.254/latest",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:192.168.0.1]/",
    ] {
        assert!(refuse(&[], url), "{url}");
    }
    for url in [
        "https://8.8.8.8/",
        "https://example.com/",
        "http://sub:3001/",
        "http://localhost.example.com/",
    ] {
        assert!(
            !refuse(&[], url),
            "{url}: public, or only known when it is looked up"
        );
    }
    assert!(
        !refuse(&["127.0.0.1:9"], "http://localhost:9/")
            && refuse(&["127.0.0.1:9"], "http://localhost:8/")
    );
    assert!(
        !refuse(&["localhost"], "http://localhost:9/")
            && !refuse(&["10.0.0.0/8"], "http://10.1.1.1/")
    );
    assert!(
        !refuse(&["127.0.0.1:80"], "http://127.0.0.1/")
            && refuse(&["127.0.0.1:80"], "https://127.0.0.1/")
    );
}

#[test]
fn what_is_on_this_machine_can_be_allowed_as_it_is_named() {
    let allowed = |url: &str| AllowTarget::loopback(&url.parse().expect("a URL"));
    let url: Url = "http://localhost:9000/hook".parse().unwrap();
    let targets = AllowTargets::new(allowed(url.as_str()));
    assert!(!targets.refuse(&url) && targets.permit("localhost", 9000, Ipv6Addr::LOCALHOST.into()));
    assert!(!targets.permit("localhost", 9001, Ipv4Addr::LOCALHOST.into()));
    assert_eq!(allowed("http://10.0.0.1/"), []);
    assert_eq!(allowed("https://example.com/"), []);
    assert_eq!(AllowTarget::text_for(&url), "localhost:9000");
    assert_eq!(
        AllowTarget::text_for(&"https://[::1]/".parse().unwrap()),
        "[::1]:443"
    );
}

#[test]
fn nonsense_is_refused() {
    for text in [
        "",
        "10.0.0.0/33",
        "a b",
        "x:99999",
        "[::1",
        "name/8",
        "[::1]x",
        "::ffff:0:0/95",
        "::ffff:10.0.0.1/8",
    ] {
        assert!(text.parse::<AllowTarget>().is_err(), "{text}");
    }
}
