"""Forms in which secrets stand in plans, manifests and values. Each takes a secret and returns plain JSON data that holds it."""

from __future__ import annotations

import base64
import gzip
import json
import textwrap
from collections.abc import Callable
from typing import Any

Form = Callable[[str], Any]

_TEXTS = {
    "shell": "#!/bin/bash\nexport DB_PASSWORD={}\n/opt/start\n",
    "dotenv": "PORT=80\nSMTP_PASS={}\n",
    "nested option": 'JAVA_OPTS="-Xmx1g -Dspring.datasource.password={}"',
    "properties": "spring.datasource.url=jdbc:x\nspring.datasource.password={}\n",
    "ini": "[client]\nuser = app\npassword = {}\n",
    "quoted": "db_password = '{}'",
    "JSON in a command": 'curl -d "{\\"password\\": \\"{}\\"}" https://host',
    "default of a variable": "run ${DB_PASSWORD:-{}}",
    "SQL user": "CREATE USER app IDENTIFIED BY '{}';",
    "SQL plugin": "ALTER USER app IDENTIFIED WITH caching_sha2_password BY '{}';",
    "Oracle": "CREATE USER app IDENTIFIED BY {} QUOTA 1G ON users;",
    "PostgreSQL role": "CREATE ROLE app LOGIN ENCRYPTED PASSWORD '{}';",
    "SQL Server login": "CREATE LOGIN app WITH PASSWORD = N'{}';",
    "MongoDB": 'db.createUser({user: "app", pwd: "{}", roles: []})',
    "redis": "maxmemory 256mb\nrequirepass {}\n",
    "redis replica": "replicaof db 6379\nmasterauth {}\n",
    "redis ACL": "user app on >{} ~* +@all\n",
    "sentinel": "sentinel auth-pass main {}\n",
    "netrc": "machine git.example login app password {}\n",
    "printed netrc": "printf 'machine git.example login app password {}\\n' > /root/.netrc",
    "pgpass": "db.internal:5432:shop:app:{}\n",
    "Postfix": "[smtp.example]:587 app:{}\n",
    "npmrc": "//npm.example/:_authToken={}\n",
    "LDAP": "uri ldap://x\nbindpw {}\n",
    "WireGuard": "[Interface]\nPrivateKey = {}\nAddress = 10.0.0.1/24\n",
    "WireGuard peer": "[Peer]\nPresharedKey = {}\n",
    "wpa_supplicant": 'network={\n  ssid="home"\n  psk="{}"\n}\n',
    "IPsec": ': PSK "{}"\n',
    "router": "crypto isakmp\npre-shared-key {}\n",
    "SNMP": "rocommunity {}\n",
    "sshpass": "sshpass -p {} scp a b",
    "sshpass glued": "sshpass -p{} ssh host",
    "docker login": "docker login -u app -p {} registry.example",
    "az login": "az login --service-principal -u app -p {} --tenant t",
    "helm login": "helm registry login -u app -p {} ghcr.example",
    "mysql": "mysql -uroot -p{} shop < a.sql",
    "mysqldump": "mysqldump -h db -u root -p'{}' shop",
    "mongosh": "mongosh -u app -p {} host",
    "redis-cli": "redis-cli -h cache -a {} ping",
    "ldapsearch": "ldapsearch -x -D cn=app -w {} uid",
    "sqlcmd": "sqlcmd -S db -U app -P {}",
    "sqlplus": "sqlplus app/{}@shop",
    "JDBC thin": "jdbc:oracle:thin:app/{}@db:1521/shop",
    "JDBC": "jdbc:sqlserver://db;user=app;password={};encrypt=true",
    "piped login": "echo {} | docker login -u app --password-stdin registry.example",
    "piped sudo": "echo '{}' | sudo -S systemctl restart app",
    "here string": "docker login -u app --password-stdin <<< {}",
    "chpasswd": "echo 'root:{}' | chpasswd",
    "chpasswd lines": "chpasswd <<EOF\nroot:{}\nEOF\n",
    "passwd": "echo {} | passwd --stdin root",
    "htpasswd": "htpasswd -b /etc/users app {}",
    "rabbitmqctl": "rabbitmqctl add_user app {}",
    "aws configure": "aws configure set aws_secret_access_key {}",
    "mc alias": "mc alias set s3 http://s3 app {}",
    "vault login": "vault login {}",
    "kubectl": "kubectl create secret generic app --from-literal=key={}",
    "openssl": "openssl rsa -passin pass:{} -in a.pem",
    "keytool": "keytool -list -storepass {} -keystore a",
    "curl": "curl -u app:{} https://host/",
    "smbclient": "smbclient //files/share -U app%{}",
    "PowerShell": "ConvertTo-SecureString '{}' -AsPlainText -Force",
    "net user": "net user admin {} /add",
    "net use": "net use Z: \\\\files\\share {} /user:app",
    "PHP": "return ['db' => ['username' => 'app', 'password' => '{}']];",
    "WordPress": "define( 'DB_PASSWORD', '{}' );",
    "Ruby": "config.secret_key_base = '{}'",
    "XML": "<server><Password>{}</Password></server>",
    "unattended": "<AdministratorPassword><Value>{}</Value></AdministratorPassword>",
    "XML attribute": '<add key="ApiSecret" value="{}" />',
    "XML attribute reversed": '<add value="{}" key="ApiSecret" />',
    "XML pair": "<property><name>db.password</name><value>{}</value></property>",
    "XML pair reversed": "<property><value>{}</value><name>db.password</name></property>",
    "plist": "<dict><key>Password</key><string>{}</string></dict>",
    "URL": "postgres://app:{}@db.internal:5432/app",
    "URL with a token": "git clone https://{}@git.example/a/b",
    "bearer": "Authorization: Bearer {}",
    "Portuguese": "SENHA={}",
    "German": "datenbank_passwort={}",
    "Spanish": "contraseña={}",
    "French": "MOT_DE_PASSE={}",
    "Russian": "ПАРОЛЬ={}",
    "Chinese": "密码={}",
    "vendor": "STRIPE_SK={}",
}

_VALUES: dict[str, Form] = {
    "words after an option": lambda secret: ["server", "--db-password", secret],
    "words after requirepass": lambda secret: ["redis-server", "--requirepass", secret],
    "words of docker": lambda secret: ["docker", "login", "-u", "app", "-p", secret],
    "words of mysql": lambda secret: ["mysql", "-uroot", f"-p{secret}"],
    "environment": lambda secret: ["PORT=80", f"API_TOKEN={secret}"],
    "name and value": lambda secret: [{"name": "DB_PASSWORD", "value": secret}],
    "name and text": lambda secret: [{"type": "plain_text", "name": "API_KEY", "text": secret}],
    "key and val": lambda secret: [{"key": "db_password", "val": secret}],
    "Name and Value": lambda secret: [{"ParameterKey": "DbPassword", "ParameterValue": secret}],
    "variable": lambda secret: [{"variable_name": "SMTP_PASS", "variable_value": secret}],
    "vendor key": lambda secret: {"STRIPE_SK": secret},
    "Portuguese key": lambda secret: {"senha_do_banco": secret},
    "German key": lambda secret: {"dbPasswort": secret},
    "Spanish key": lambda secret: {"contraseña": secret},
    "Dutch key": lambda secret: {"wachtwoord": secret},
    "Polish key": lambda secret: {"hasło": secret},
    "Japanese key": lambda secret: {"パスワード": secret},
    "basic authentication": lambda secret: {"header": f"Authorization: Basic {_b64(f'app:{secret}'.encode())}"},
    "docker auth": lambda secret: json.dumps({"auths": {"ghcr.io": {"auth": _b64(f"app:{secret}".encode())}}}),
    "base64": lambda secret: _b64(_script(secret)),
    "wrapped base64": lambda secret: "\n".join(textwrap.wrap(_b64(_script(secret)), 76)),
    "gzip": lambda secret: _b64(gzip.compress(_script(secret))),
    "UTF-16": lambda secret: f"powershell -enc {_b64(_power_shell(secret))}",
    "hexadecimal": lambda secret: _script(secret).hex(),
    "MIME": lambda secret: (
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\n"
        + "\n".join(textwrap.wrap(_b64(_script(secret)), 76))
        + "\n--x--\n"
    ),
    "file in cloud-init": lambda secret: (
        f"#cloud-config\nwrite_files:\n- path: /etc/app\n  encoding: b64\n  content: {_b64(_script(secret))}\n"
    ),
    "users in cloud-init": lambda secret: f"#cloud-config\nchpasswd:\n  list: |\n    root:{secret}\n  expire: false\n",
    "Secret in a text": lambda secret: (
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  password: {secret}\n"
    ),
}


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _script(secret: str) -> bytes:
    return f"#!/bin/bash\nset -e\nexport DB_PASSWORD={secret}\n/opt/start\n".encode()


def _power_shell(secret: str) -> bytes:
    return f'$password = "{secret}"; Start-App'.encode("utf-16-le")


def _filled(text: str) -> Form:
    return lambda secret: text.replace("{}", secret)


FORMS: dict[str, Form] = {**{name: _filled(text) for name, text in _TEXTS.items()}, **_VALUES}
