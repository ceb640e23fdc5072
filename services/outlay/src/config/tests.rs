//! What is said in several places, and what is refused.

use super::*;

const EXAMPLE: &str = include_str!("../../../../deploy/outlay.example.toml");

fn listen(port: u16) -> ListenAddress {
    format!("127.0.0.1:{port}").parse().unwrap()
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let flags = Layer {
        listen: Some(listen(1)),
        hosts: vec!["one.example".parse().unwrap()],
        ..Layer::default()
    };
    let environment = Layer::of_environment(|name| match name {
        "OUTLAY_LISTEN" => Some("127.0.0.1:2".to_owned()),
        "OUTLAY_DATA" => Some("/two".to_owned()),
        "OUTLAY_HOST" => Some("two.example, ".to_owned()),
        "OUTLAY_LOG_LEVEL" => Some(String::new()),
        _ => None,
    })
    .unwrap();
    let file =
        Layer::parse("listen = \"127.0.0.1:3\"\nhosts = [\"three.example\"]\ndata = \"/three\"\nlog_format = \"json\"\n")
            .unwrap();
    let config = flags.over(environment).over(file).settled().unwrap();
    let expected = Config {
        listen: listen(1),
        hosts: ["one.example", "two.example", "three.example"]
            .map(|name| name.parse().unwrap())
            .to_vec(),
        log: Log::Folder(PathBuf::from("/two")),
        cluster: Table::default(),
        log_level: None,
        log_format: LogFormat::Json,
        webhooks: Vec::new(),
    };
    assert_eq!(config, expected);
}

#[test]
fn a_key_that_is_not_known_is_refused() {
    let error = Layer::parse("lisen = \"127.0.0.1:3\"")
        .unwrap_err()
        .to_string();
    assert!(error.contains("lisen"), "{error}");
}

#[test]
fn a_value_that_is_not_of_its_form_is_refused() {
    assert!(Layer::parse("listen = \"0.0.0.0:80\"").is_err());
    assert!(Layer::parse("hosts = [\"http://a.example\"]").is_err());
    assert!(Layer::parse("log_level = \"loud=please=\"").is_err());
    assert!(Layer::parse("log_format = \"xml\"").is_err());
    let environment = |name: &str| (name == "OUTLAY_LOG_FORMAT").then(|| "xml".to_owned());
    let error = format!("{:#}", Layer::of_environment(environment).unwrap_err());
    assert_eq!(
        error,
        "the environment's OUTLAY_LOG_FORMAT cannot be read: 'xml' is not text or json"
    );
}

#[cfg(feature = "cluster")]
#[test]
fn the_log_is_in_one_place_and_who_names_it_hides_the_others() {
    let cluster = "store = \"esdb://a:geheim@localhost:2113?tls=false\"\n";
    let file = || Layer::parse(cluster).unwrap();
    let flags = Layer {
        data: Some(PathBuf::from("/one")),
        ..Layer::default()
    };
    let config = flags.over(file()).settled().unwrap();
    assert_eq!(config.folder().unwrap(), Path::new("/one"));

    let environment = Layer::parse("data = \"/two\"").unwrap();
    let config = file().over(environment).settled().unwrap();
    let told = config.folder().unwrap_err().to_string();
    assert!(told.contains("esdb://localhost:2113: ask a node"), "{told}");
    assert!(!format!("{config:?}").contains("geheim"));
    assert!(!format!("{:?}", file()).contains("geheim"));

    let cache = Layer::parse("cache = \"/four\"").unwrap();
    let told = cache.clone().settled().unwrap_err().to_string();
    assert!(told.contains("no 'store'"), "{told}");
    let flags = Layer {
        data: Some(PathBuf::from("/one")),
        ..Layer::default()
    };
    flags.over(cache).settled().unwrap();

    let both = Layer::parse(&format!("{cluster}data = \"/three\"")).unwrap();
    let told = both.settled().unwrap_err().to_string();
    assert!(told.contains("both set"), "{told}");
}

#[cfg(feature = "cluster")]
#[test]
fn a_cluster_that_cannot_be_understood_is_refused() {
    for (wrong, told) in [
        ("store = \"http://localhost\"", "esdb://"),
        ("store = \"esdb://localhost?tsl=false\"", "'tsl'"),
        (
            "store = \"esdb://localhost\"\n[cluster]\nstream_prefix = \"a-b\"",
            "a-b",
        ),
    ] {
        let error = Layer::parse(wrong).unwrap().settled().unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
    Layer::parse("[cluster]\nmost = 1").unwrap_err();
    let misspelt = "log_format = \"text\"\nstroe = \"esdb://a:geheim@localhost\"";
    let told = Layer::parse(misspelt).unwrap_err().to_string();
    assert!(told.starts_with("line 2: unknown field `stroe`"), "{told}");
    assert!(!told.contains("geheim"), "{told}");
}

const WEBHOOK: &str = "[[webhook]]
name = 'chat'
url = 'https://chat.example/'
secret_file = 'chat.secret'
";

#[test]
fn a_file_tells_of_webhooks_whatever_goes_before_it() {
    let file = Layer::parse(&format!("{WEBHOOK}{}", WEBHOOK.replace("chat", "mail"))).unwrap();
    let config = Layer::default().over(file).settled().unwrap();
    let names: Vec<&str> = config.webhooks.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["chat", "mail"]);
}

#[test]
fn a_webhook_that_is_not_of_its_form_is_refused() {
    for (wrong, told) in [
        (format!("{WEBHOOK}secret = 'x'"), "secret"),
        (WEBHOOK.replace("'chat'", "'the chat'"), "the chat"),
        (WEBHOOK.replace("https:", "gopher:"), "https://host/path"),
        (WEBHOOK.replace("[[webhook]]", "[[webhooks]]"), "webhooks"),
    ] {
        let error = Layer::parse(&wrong).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

/// Each setting stands in the example, commented out, with the value it has by default; those
/// of a webhook that have no default, with one that it can have.
#[cfg(feature = "cluster")]
#[test]
fn the_example_names_every_key() {
    assert_eq!(Layer::parse(EXAMPLE).unwrap(), Layer::default());
    let all: String = EXAMPLE
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|it| !it.starts_with(' ')))
        .flat_map(|line| [line, "\n"])
        .collect();
    let layer = Layer::parse(&all).unwrap();
    let Config {
        listen: default_listen,
        log_format: default_format,
        ..
    } = Layer::default().settled().unwrap();
    assert_eq!(layer.listen, Some(default_listen));
    assert_eq!(layer.hosts, []);
    assert!(all.contains("\nhosts = "));
    assert_eq!(layer.data, Some(PathBuf::from(DATA)));
    assert_eq!(layer.log_level, Some("info".parse().unwrap()));
    assert_eq!(layer.log_format, Some(default_format));
    assert!(layer.cache.is_some());
    let Some(StoreUrl(address)) = layer.store else {
        panic!("no store");
    };
    let example = Cluster::parse(&address, layer.cluster, None).unwrap();
    let default = Cluster::parse(&address, Table::default(), None).unwrap();
    assert_eq!(example, default);
    assert!(all.contains("\nmax_append_bytes = ") && all.contains("\nstream_prefix = "));
    let webhooks = layer.webhooks;
    let [
        EndpointSettings {
            name,
            url,
            secret_file,
            allow_private,
        },
    ] = webhooks.as_slice()
    else {
        panic!("{webhooks:?}");
    };
    assert_eq!(name.as_str(), "chat");
    assert_eq!(url.host(), "chat.example");
    assert_eq!(secret_file, Path::new("/etc/outlay/chat.secret"));
    assert!(!allow_private);
    assert!(all.contains("\nallow_private = "), "it has a default");
}
