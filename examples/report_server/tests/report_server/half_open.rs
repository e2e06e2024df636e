//! Clients that stop in the middle of a request, or before it.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::server::{Folder, Server};

/// All that comes until the server ends the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that is reset has ended too.
    match stream.read_to_end(&mut text) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn half_open_connections_time_out_and_those_that_listen_do_not() {
    let folder = Folder::new("half_open");
    let server = Server::start(&folder);
    let host = server.host();
    let mut events = server.events();
    assert_eq!(events.next().unwrap().0, "snapshot");

    let open = |sent: &str| {
        let mut stream = server.connect();
        stream.write_all(sent.as_bytes()).unwrap();
        stream
    };
    let post = format!(
        "POST /reports HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 35\r\n\r\n"
    );
    let silent = open("");
    let half_a_line = open("GET /rep");
    let half_a_head = open(&format!("GET / HTTP/1.1\r\nhost: {host}\r\n"));
    let half_a_body = open(&format!("{post}{{\"customer\": 1, "));
    // After an answer, the server waits for the next request, and not without an end either.
    let kept_alive = open(&format!("GET /health HTTP/1.1\r\nhost: {host}\r\n\r\n"));

    for stream in [silent, half_a_line, half_a_head] {
        let said = rest(stream);
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 408 "),
            "{said}"
        );
    }
    let said = rest(half_a_body);
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(said.contains("the request did not come within"), "{said}");
    let said = rest(kept_alive);
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");

    // Longer than all of these, a browser has listened.
    let id = server.report(1, "2025-03");
    assert!(events.any(|(_, data)| data["id"] == id && data["state"] == "done"));
    assert_eq!(server.errors(), "", "how a client leaves is its own affair");
}
