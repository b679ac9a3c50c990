//! Serving a console on axum or actix-web until a signal comes.

use std::{io, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use aforo_core::{
    TenantId,
    kernel::{egress, rate::Quota},
};
use aforo_http::{Console, Tenancy};
use aforo_proxy::service::SandboxSettings;
use axum::Router;
use clap::Args;
use futures_util::{FutureExt, future::BoxFuture};
use ipnet::IpNet;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    Failure,
    anchor::AnchorFile,
    demo,
    setup::{Global, Setup},
};

/// How a console is served.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServeArgs {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Path under which the console is mounted.
    #[arg(long, default_value = "/")]
    pub(crate) prefix: String,
    /// The server that the console is mounted in.
    #[arg(long, value_enum, default_value_t = Server::Axum)]
    pub(crate) server: Server,
    /// Serve over plain HTTP: the session cookie does not demand TLS. For one machine only.
    #[arg(long)]
    pub(crate) insecure_cookies: bool,
    /// Proxies in front whose X-Forwarded-For is believed (CIDR; may be repeated).
    #[arg(long, value_name = "CIDR")]
    pub(crate) trusted_proxy: Vec<IpNet>,
    /// Private ranges in which products may have their upstream, and documents be imported from (CIDR; may be
    /// repeated).
    #[arg(long, value_name = "CIDR")]
    pub(crate) allow_private: Vec<IpNet>,
    /// Ports besides 443 that public upstreams may have.
    #[arg(long, value_name = "PORT")]
    pub(crate) allow_port: Vec<u16>,
    /// Playground calls a minute for one person.
    #[arg(long, default_value_t = 60)]
    pub(crate) try_per_person: u32,
    /// Playground calls a minute for the whole tenant.
    #[arg(long, default_value_t = 600)]
    pub(crate) try_per_tenant: u32,
    /// Seconds that a playground call waits for the head of an answer.
    #[arg(long, default_value_t = 10)]
    pub(crate) try_timeout: u64,
}

/// A server of the Rust world that a console can be mounted in.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// axum.
    Axum,
    /// actix-web.
    #[cfg(feature = "actix")]
    Actix,
}

pub(crate) async fn run(global: Global, args: ServeArgs) -> Result<ExitCode, Failure> {
    let setup = Setup::open(&global).await?;
    let tenant = match setup.tenant(&global).await {
        Ok(tenant) => tenant,
        // The first start of a new database, with a tenant named for it.
        Err(_)
            if global.tenant.is_none()
                && setup.stores.core.read().await?.tenants().list().await?.is_empty() =>
        {
            setup.ensure_tenant("Developers", Vec::new()).await?
        }
        Err(failure) => return Err(failure),
    };
    if !args.listen.ip().is_loopback() && demo::has_demo_accounts(&setup, &tenant).await? {
        return Err(
            "this database holds the demonstration's accounts, whose passwords are known; \
                    close them, or listen on a loopback address"
                .into(),
        );
    }
    let listener = TcpListener::bind(args.listen).await?;
    let console = console(&setup, tenant.id, &args)?;
    println!(
        "{} serves on http://{}{}",
        tenant.name,
        listener.local_addr()?,
        args.prefix
    );
    serve(&setup, console, listener, &args).await?;
    Ok(ExitCode::SUCCESS)
}

/// The console that the arguments describe.
pub(crate) fn console(setup: &Setup, tenant: TenantId, args: &ServeArgs) -> Result<Console, Failure> {
    let policy = egress::Policy {
        extra_ports: args.allow_port.clone(),
        ..egress::Policy::default()
    };
    let mut sandbox = SandboxSettings {
        per_person: Quota::per_minute(args.try_per_person),
        per_tenant: Quota::per_minute(args.try_per_tenant),
        ..SandboxSettings::default()
    };
    let limits = &mut sandbox.call.limits;
    limits.first_byte = Duration::from_secs(args.try_timeout);
    limits.total = limits.total.max(limits.first_byte * 3);
    let keks = Arc::new(setup.folder.keks()?);
    let secret = setup.folder.session_secret()?;
    let builder = Console::builder(setup.stores.clone(), Tenancy::ByHost(tenant), keks, secret)
        .trusted_proxies(args.trusted_proxy.clone())
        .private_upstreams(args.allow_private.clone())
        .secure_cookies(!args.insecure_cookies)
        .sandbox(sandbox)
        .egress(policy);
    Ok(builder.build()?)
}

/// Serves until SIGINT or SIGTERM, lets requests that have begun end, and writes what is in memory.
pub(crate) async fn serve(
    setup: &Setup,
    console: Console,
    listener: TcpListener,
    args: &ServeArgs,
) -> Result<(), Failure> {
    let (stop, stopped) = watch::channel(false);
    let workers = {
        let (console, mut stopped) = (console.clone(), stopped.clone());
        let anchor = AnchorFile::open(setup.folder.anchor_file())?;
        tokio::spawn(async move {
            let end = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            console.run_workers(Some(&anchor), end).await;
        })
    };
    let shredder = {
        let (database, mut stopped) = (setup.database.clone(), stopped.clone());
        tokio::spawn(async move {
            let minute = Duration::from_secs(60);
            while tokio::time::timeout(minute, stopped.wait_for(|stop| *stop))
                .await
                .is_err()
            {
                // Deleted credentials must not stay readable in the file's log.
                if let Err(error) = database.shred().await {
                    tracing::debug!(%error, "what was deleted is overwritten later");
                }
            }
        })
    };
    let mut server = tokio::spawn(listen(args, console, listener, stopped));
    tokio::select! {
        done = &mut server => done??,
        () = signal() => {
            let _ = stop.send(true);
            // Event streams have no end of their own.
            let _ = tokio::time::timeout(Duration::from_secs(25), &mut server).await;
        }
    }
    let _ = stop.send(true);
    workers.await?;
    shredder.await?;
    setup.database.close().await;
    Ok(())
}

/// The server itself, with the console mounted.
fn listen(
    args: &ServeArgs,
    console: Console,
    listener: TcpListener,
    mut stopped: watch::Receiver<bool>,
) -> BoxFuture<'static, io::Result<()>> {
    let prefix = args.prefix.clone();
    let end = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    match args.server {
        Server::Axum => {
            let app: Router = Router::new().merge(aforo_axum::mount(&prefix, console.service()));
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, app)
                .with_graceful_shutdown(end)
                .into_future()
                .boxed()
        }
        #[cfg(feature = "actix")]
        Server::Actix => async move {
            let app = move || actix_web::App::new().service(aforo_actix::mount(&prefix, console.service()));
            // A client that goes away ends its request, as on axum.
            let server = actix_web::HttpServer::new(app)
                .disable_signals()
                .h1_allow_half_closed(false)
                .listen(listener.into_std()?)?
                .run();
            let handle = server.handle();
            tokio::spawn(async move {
                end.await;
                handle.stop(true).await;
            });
            server.await
        }
        .boxed(),
    }
}

/// SIGINT or SIGTERM.
async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
