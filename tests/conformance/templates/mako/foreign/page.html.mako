one
<%inherit file="layout.html"/>
