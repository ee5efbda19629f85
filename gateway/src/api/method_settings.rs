//! `MethodSettings` of a stage: what holds for all of its methods, and for single ones. See
//! `docs/aws/api-gateway.md#method-settings`.

use std::time::Duration;

use http::Method as Verb;

/// The settings of the methods of a stage, in the order of the definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MethodSettings(pub Vec<MethodSetting>);

/// What a definition says about one method, the methods of one resource, or all methods of a
/// stage. `None` says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MethodSetting {
    /// The resource's path: `/events/{proxy+}`; `None` for all (`/*`).
    pub path: Option<String>,
    /// The verb; `None` for all (`*`). `ANY` is for the method of that name.
    pub verb: Option<Verb>,
    /// `CachingEnabled`.
    pub caching: Option<bool>,
    /// `CacheTtlInSeconds`.
    pub cache_ttl: Option<Duration>,
    /// `RequireAuthorizationForCacheControl`, which CloudFormation itself has no name for.
    pub guards_invalidation: Option<bool>,
    /// `UnauthorizedCacheControlHeaderStrategy`, likewise.
    pub unauthorized_invalidation: Option<UnauthorizedInvalidation>,
    /// `LoggingLevel`.
    pub logging: Option<LoggingLevel>,
    /// `DataTraceEnabled`.
    pub data_trace: Option<bool>,
    /// `MetricsEnabled`.
    pub metrics: Option<bool>,
    /// `ThrottlingRateLimit`, requests a second; -1 is no limit.
    pub throttling_rate: Option<f64>,
    /// `ThrottlingBurstLimit`; -1 is no limit.
    pub throttling_burst: Option<i64>,
}

/// A method whose settings are asked for.
#[derive(Debug, Clone, Copy)]
pub struct AskedMethod<'a> {
    /// The resource's path.
    pub path: &'a str,
    /// The request's verb.
    pub verb: &'a Verb,
    /// Whether the resource has no method of its own for the verb, so that `ANY` answers.
    pub is_any: bool,
}

/// `LoggingLevel`: what the execution log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoggingLevel {
    /// Nothing. AWS's default.
    #[default]
    Off,
    /// Executions that fail.
    Error,
    /// All executions.
    Info,
}

/// What becomes of a `Cache-Control: max-age=0` of a caller who may not invalidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnauthorizedInvalidation {
    /// 403.
    FailWith403,
    /// The header is ignored, and the answer has a `Warning`. AWS's default.
    #[default]
    SucceedWithResponseHeader,
    /// The header is ignored.
    SucceedWithoutResponseHeader,
}

/// The verb of entries for methods that answer every verb.
const ANY: &str = "ANY";

impl MethodSetting {
    /// How closely the setting names a method: the resource counts more than the verb.
    fn closeness(&self) -> u8 {
        let verb = match &self.verb {
            None => 0,
            Some(verb) if verb.as_str() == ANY => 1,
            Some(_) => 2,
        };
        4 * u8::from(self.path.is_some()) + verb
    }

    fn is_for(&self, method: AskedMethod<'_>) -> bool {
        let names = |own: &Verb| own == method.verb || (method.is_any && own.as_str() == ANY);
        self.path.as_deref().is_none_or(|own| own == method.path)
            && self.verb.as_ref().is_none_or(names)
    }
}

impl MethodSettings {
    /// The value of one setting for a method: that of the closest entry which says something. Of
    /// two entries for the same methods, the later one counts.
    pub fn get<T>(
        &self,
        method: AskedMethod<'_>,
        value: impl Fn(&MethodSetting) -> Option<T>,
    ) -> Option<T> {
        let mut found: Option<(u8, T)> = None;
        for setting in self.0.iter().filter(|setting| setting.is_for(method)) {
            let closeness = setting.closeness();
            if found.as_ref().is_none_or(|(best, _)| closeness >= *best)
                && let Some(value) = value(setting)
            {
                found = Some((closeness, value));
            }
        }
        found.map(|(_, value)| value)
    }

    /// Whether a single method, or the methods of a single resource, are named with `value`. The
    /// cache of a stage is for GET unless a method is named.
    pub fn is_named(
        &self,
        method: AskedMethod<'_>,
        value: impl Fn(&MethodSetting) -> bool,
    ) -> bool {
        let named = |setting: &&MethodSetting| setting.verb.is_some() && setting.is_for(method);
        self.0.iter().filter(named).any(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_entry_that_says_something_counts() {
        let setting = |path: Option<&str>, verb: Option<Verb>, ttl, caching| MethodSetting {
            path: path.map(ToOwned::to_owned),
            verb,
            cache_ttl: Some(Duration::from_secs(ttl)).filter(|ttl| !ttl.is_zero()),
            caching,
            ..MethodSetting::default()
        };
        let settings = MethodSettings(vec![
            setting(Some("/a"), Some(Verb::GET), 4, None),
            setting(None, None, 1, Some(true)),
            setting(None, Some(Verb::GET), 2, None),
            setting(Some("/any"), Some("ANY".parse().unwrap()), 5, None),
            setting(Some("/any"), Some(Verb::HEAD), 6, None),
            setting(Some("/any"), None, 7, None),
            setting(Some("/a"), None, 3, Some(false)),
        ]);
        let of = |path: &str, verb: Verb, is_any| {
            let (verb, path) = (&verb, path);
            let method = AskedMethod { path, verb, is_any };
            settings
                .get(method, |setting| setting.cache_ttl)
                .unwrap()
                .as_secs()
        };
        let ttl = |path: &str, verb: Verb| of(path, verb, false);
        assert_eq!(
            [
                ttl("/b", Verb::PUT),
                ttl("/b", Verb::GET),
                ttl("/a", Verb::PUT),
                ttl("/a", Verb::GET)
            ],
            [1, 2, 3, 4]
        );
        let any = |verb: Verb| of("/any", verb, true);
        assert_eq!([any(Verb::PUT), any(Verb::HEAD)], [5, 6]);
        assert_eq!(ttl("/any", Verb::PUT), 7, "a method of its own is not ANY");
        let caching = |path: &str| {
            let (verb, is_any) = (&Verb::GET, false);
            let method = AskedMethod { path, verb, is_any };
            settings.get(method, |setting| setting.caching)
        };
        assert_eq!((caching("/a"), caching("/b")), (Some(false), Some(true)));
    }
}
