//! S3's messages for error codes.

/// Whether S3's message replaces that of the library, which differs.
pub(super) fn replaces(code: &str) -> bool {
    matches!(code, "InvalidAccessKeyId" | "RequestTimeTooSkewed")
}

/// The message of a code that comes without one.
pub(super) fn message(code: &str) -> std::borrow::Cow<'static, str> {
    let found = MESSAGES.iter().find(|(known, _)| *known == code);
    found.map_or_else(
        || format!("S3 refuses this request with {code}.").into(),
        |(_, text)| (*text).into(),
    )
}

/// Every code that the library makes by itself, with or without a message of its own.
pub(super) const MESSAGES: [(&str, &str); 23] = [
    ("AccessDenied", "Access Denied"),
    (
        "BadDigest",
        "The Content-MD5 or checksum value that you specified did not match what the server received.",
    ),
    (
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed object size.",
    ),
    (
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed object size.",
    ),
    (
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    ),
    (
        "InternalError",
        "We encountered an internal error. Please try again.",
    ),
    (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    ("InvalidArgument", "Invalid Argument"),
    ("InvalidBucketName", "The specified bucket is not valid."),
    (
        "InvalidPolicyDocument",
        "The content of the form does not meet the conditions specified in the policy document.",
    ),
    ("InvalidRange", "The requested range is not satisfiable"),
    ("InvalidRequest", "Invalid Request"),
    ("InvalidURI", "Couldn't parse the specified URI."),
    ("KeyTooLongError", "Your key is too long"),
    (
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    ),
    (
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    ("MaxMessageLengthExceeded", "Your request was too big."),
    (
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
    ),
    (
        "MissingContentLength",
        "You must provide the Content-Length HTTP header.",
    ),
    ("MissingRequestBodyError", "Request Body is empty"),
    (
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
    ),
    (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ),
    (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing \
         method.",
    ),
];
