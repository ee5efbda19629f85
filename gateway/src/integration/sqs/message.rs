//! A SendMessage request as a value.

/// A SendMessage request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMessage {
    /// The region in the service's host.
    pub region: String,
    /// The queue's URL at AWS; only its last two path parts matter to a local endpoint.
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
    /// How the reply is written.
    pub protocol: Protocol,
}

/// One message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// `String`, `Number`, `Binary`, or one of them with a label.
    pub data_type: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of a message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// `StringValue`.
    Text(String),
    /// `BinaryValue`, decoded.
    Binary(Vec<u8>),
}

/// The form in which the caller spoke, and is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The Query protocol with `Accept: application/json`.
    Query,
    /// AWS JSON 1.0.
    Json,
}

impl SendMessage {
    /// Bytes that count towards SQS's limits: body, and name, type and value of each attribute. See
    /// `docs/aws/sqs.md#message-size-and-characters`.
    pub fn size(&self) -> usize {
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

    /// Whether the queue keeps order.
    pub fn is_fifo(&self) -> bool {
        self.queue_url.ends_with(".fifo")
    }
}
