//! A SendMessage request to SQS as a value.

/// A SendMessage request, whole: what is not here is not in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SendMessage {
    /// The region in the service's host.
    pub region: String,
    /// The queue's URL at AWS. A local endpoint looks at the last two parts of its path only.
    pub queue_url: String,
    /// The body.
    pub body: String,
    /// `DelaySeconds`.
    pub delay_seconds: Option<i32>,
    /// `MessageGroupId`.
    pub group_id: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication_id: Option<String>,
    /// Message attributes by number or name, in order.
    pub attributes: Vec<Attribute>,
    /// `AWSTraceHeader`, from the call's `X-Amzn-Trace-Id`. SQS stores it as if it had been sent:
    /// `docs/aws/sqs.md#system-attributes`.
    pub trace_header: Option<String>,
    /// The protocol in which the reply is written.
    pub protocol: Protocol,
}

/// One message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Its name.
    pub name: String,
    /// `String`, `Number`, `Binary`, or one of them with a label.
    pub data_type: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of a message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AttributeValue {
    /// `StringValue`.
    Text(String),
    /// `BinaryValue`, decoded.
    Binary(Vec<u8>),
}

/// The protocol of a request to SQS, and of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The Query protocol with `Accept: application/json`.
    Query,
    /// AWS JSON 1.0.
    Json,
}

impl SendMessage {
    /// The bytes that count towards SQS's limits: of the body, and of name, type and value of each
    /// attribute. See `docs/aws/sqs.md#message-size-and-characters`.
    pub(crate) fn size(&self) -> usize {
        let value = |attribute: &Attribute| match &attribute.value {
            AttributeValue::Text(text) => text.len(),
            AttributeValue::Binary(bytes) => bytes.len(),
        };
        let attributes = self
            .attributes
            .iter()
            .map(|a| a.name.len() + a.data_type.len() + value(a));
        self.body.len() + attributes.sum::<usize>()
    }

    /// Whether the queue is a FIFO queue.
    pub(crate) fn is_fifo(&self) -> bool {
        self.queue_url.ends_with(".fifo")
    }
}
